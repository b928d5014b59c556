#include "bits.h"

enum { CONTEXT = 37 };

/// One segment for one kv-head, with what precedes it.
typedef struct {
  size_t group, width, tokens, window;
  float cap;
  float *queries, *keys, *values, *gradient, *context_keys, *context_values;
} text;

/// Output and log-sum-exp, one after the other in y.
static void attend(const holdfast_kernels *k, const text *t, bool context, float *y) {
  size_t wide = t->group * t->width, block = 96 / t->group;
  const holdfast_kv_range ranges[] = {
    {t->context_keys, t->context_values, 5},
    {t->context_keys + 5 * t->width, t->context_values + 5 * t->width, CONTEXT - 5}};
  for (size_t first = 0; first < t->tokens; first += block)
    k->attention(&(holdfast_attention){
      .queries = t->queries + first * wide, .query_row = wide, .context = ranges, .contexts = context ? 2 : 0,
      .keys = t->keys, .values = t->values, .kv_row = t->width, .first = first,
      .count = t->tokens - first < block ? t->tokens - first : block, .group = t->group, .width = t->width,
      .scale = 0.3f, .cap = t->cap, .window = t->window, .output = y + first * wide, .output_row = wide,
      .log_sum_exp = y + t->tokens * wide + first * t->group, .log_sum_exp_row = t->group});
}

/// Gradients of queries, keys and values, one after the other in y, from what attend gave without context; by blocks of
/// five queries, and the keys in two ranges.
static void attend_backward(const holdfast_kernels *k, const text *t, const float *output, float *y) {
  size_t n = t->tokens, wide = t->group * t->width, panel = k->panel_columns, row = (n + panel - 1) / panel * panel;
  size_t block = 5, scores = block * t->group * row;
  float *memory = malloc((k->attention_backward_panels(n, t->width) + 2 * scores) * sizeof(float));
  if (!memory) abort();
  holdfast_attention_backward work = {
    .queries = t->queries, .keys = t->keys, .values = t->values, .output = output, .log_sum_exp = output + n * wide,
    .output_gradient = t->gradient, .query_row = wide, .kv_row = t->width, .log_sum_exp_row = t->group, .count = n,
    .group = t->group, .width = t->width, .scale = 0.3f, .cap = t->cap, .window = t->window, .query_gradient = y,
    .key_gradient = y + n * wide, .value_gradient = y + n * (wide + t->width), .panels = memory + 2 * scores};
  for (size_t j = 0; j < n; j += 2 * panel)
    k->attention_backward_pack(&work, j, j + 2 * panel < n ? j + 2 * panel : n);
  for (size_t first = 0; first < n; first += block) {
    holdfast_attention_block part = {first, n - first < block ? n - first : block, memory, memory + scores, row};
    k->attention_backward_queries(&work, &part);
    k->attention_backward_keys(&work, &part, 0, n / 3);
    k->attention_backward_keys(&work, &part, n / 3, n);
  }
  free(memory);
}

void compare_attention(bits *b) {
  const struct {
    size_t group, width, tokens;
  } shapes[] = {{3, 64, 70}, {1, 8, 40}, {6, 20, 65}, {2, 33, 130}, {4, 16, 300}};
  const size_t windows[] = {SIZE_MAX, 1, 7, 16, 33, 100};
  for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
    size_t width = shapes[s].width, tokens = shapes[s].tokens, wide = shapes[s].group * width;
    size_t results = tokens * (wide + shapes[s].group), gradients = tokens * (wide + 2 * width);
    text t = {
      shapes[s].group, width, tokens, 0, 0, numbers(tokens * wide, 2), numbers(tokens * width, 1),
      numbers(tokens * width, 1), numbers(tokens * wide, 1), numbers(CONTEXT * width, 1), numbers(CONTEXT * width, 1)};
    float *start = numbers(results + gradients, 1);
    for (size_t w = 0; w < sizeof windows / sizeof *windows; w++)
      for (int capped = 0; capped < 2; capped++) {
        t.window = windows[w];
        t.cap = capped ? 2 : 0;
        COMPARE(b, "attention", results, start, attend(k, &t, false, y));
        COMPARE(b, "attention behind a context", results, start, attend(k, &t, true, y));
        float *output = copy(start, results);
        attend(b->candidate, &t, false, output);
        COMPARE(b, "gradients of attention", gradients, start, attend_backward(k, &t, output, y));
        free(output);
      }
    float *all[] = {t.queries, t.keys, t.values, t.gradient, t.context_keys, t.context_values, start};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) free(all[i]);
  }
}
