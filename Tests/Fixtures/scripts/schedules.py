"""Learning-rate shares of the schedules of Hugging Face transformers, step by step.

Usage: python schedules.py > Tests/Fixtures/tuning/schedules.json      Made with transformers 5.23.
"""
import json
import torch
from transformers import get_constant_schedule_with_warmup, get_cosine_schedule_with_warmup, get_linear_schedule_with_warmup


def shares(make, total, warmup):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    schedule = make(optimizer, warmup) if make is get_constant_schedule_with_warmup else make(optimizer, warmup, total)
    values = []
    for _ in range(total + 2):
        values.append(schedule.get_last_lr()[0])
        optimizer.step(), schedule.step()
    return values


makers = dict(constant=get_constant_schedule_with_warmup, cosine=get_cosine_schedule_with_warmup,
              linear=get_linear_schedule_with_warmup)
print(json.dumps([dict(schedule=name, total=total, warmup=warmup, shares=shares(make, total, warmup))
                  for name, make in makers.items() for total, warmup in ((6, 1), (10, 0), (17, 5), (1, 0), (3, 3))]))
