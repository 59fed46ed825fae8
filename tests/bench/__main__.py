"""`make bench`: every benchmark, one after the other. Machines are noisy: quote the ratios."""

from tests.bench import bench_heap, bench_many, bench_service, bench_simulator, bench_verifier, clock_year

for benchmark in (bench_verifier, bench_service, bench_many, bench_simulator, bench_heap, clock_year):
    benchmark.main()
    print(flush=True)
