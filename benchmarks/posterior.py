"""One patient's posterior: run as `python -m benchmarks.posterior ours|nuts`, prints CPU seconds.

A process of its own, so that what is cold is cold.
"""

import json
import sys
import time
import warnings

WARM_ROUNDS = 5


def cpu_s(work):
    """CPU seconds of one call, all threads of the process counted."""
    before = time.process_time()
    work()
    return time.process_time() - before


def ours():
    """`personalise` with its default method, 2000 draws."""
    from bodytwin.contract import personalise
    from bodytwin.twins.dosing import TWIN
    from verification.dosing.nuts.patient import as_case

    case = as_case()
    return lambda: personalise(TWIN, case)


def nuts():
    """NumPyro's no-U-turn sampler, 4 chains of 500 and 1000, vectorised."""
    warnings.simplefilter("ignore")  # those of jax and numpyro about each other
    from verification.dosing.nuts import reference
    from verification.dosing.nuts.patient import PLAIN

    mcmc = reference.sampler(500, 1000)
    return lambda: reference.run(mcmc, PLAIN)


if __name__ == "__main__":
    work = {"ours": ours, "nuts": nuts}[sys.argv[1]]()
    first = cpu_s(work)
    process = time.process_time()
    warm = [cpu_s(work) for _ in range(WARM_ROUNDS)]
    print(json.dumps({"process": process, "first": first, "warm": min(warm)}))
