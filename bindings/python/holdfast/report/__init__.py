"""The report of a study: one self-contained HTML page (`python -m holdfast.report STUDY.h5 -o report.html`)."""
