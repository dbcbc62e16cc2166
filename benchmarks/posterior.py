"""One patient's posterior: `python -m benchmarks.posterior ours|nuts [once]` prints CPU seconds.

A process of its own, so that what is cold is cold. Warm NUTS is measured twice:
as it is called, a sampler made for each patient, which JAX traces and compiles
again; and with the whole run compiled once for every patient of this shape. Its
numbers are of single precision, as they are by default.
"""

import json
import sys
import time
import warnings

WARM_ROUNDS = 3


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
    return {"warm": lambda: personalise(TWIN, case)}


def nuts():
    """NumPyro's no-U-turn sampler, 4 chains of 500 and 1000, vectorised."""
    warnings.simplefilter("ignore")  # those of jax and numpyro about each other
    from verification.dosing.nuts import reference
    from verification.dosing.nuts.patient import PLAIN

    compiled = reference.compiled(500, 1000)
    return {
        "warm": lambda: reference.run(reference.sampler(500, 1000), PLAIN),
        "compiled": lambda: compiled(PLAIN),
    }


if __name__ == "__main__":
    works = {"ours": ours, "nuts": nuts}[sys.argv[1]]()
    found = {"first": cpu_s(works["warm"]), "process": time.process_time()}
    for name, work in () if "once" in sys.argv else works.items():
        work()
        found[name] = min(cpu_s(work) for _ in range(WARM_ROUNDS))
    print(json.dumps(found))
