"""What it costs, beside the limit measured in the same run: `python -m bench`, or `make bench`.

__main__     arguments, the order of the measurements, the report
rows         what a result is, and the goals, as one table
data         the seeded registry that everything is measured on
engine       decisions in process, beside bare reads of the same keys
sockets      decisions through a real worker and a real client; `client` and `reference` are the other processes of it
loads        files in, beside a bare columnar read and write; in a process of its own, on one core
lists        block lists out of sightings
space        bytes for each IMEI
peers        the same point look-ups on what a user might pick instead
processes    started here, measured in /proc, and stopped by id
machine      on what it was measured
results      files of results, never overwritten by another day's; the table in README.md
test_small   the small costs, under pytest-benchmark
"""
