"""Every command that a page shows, and the small form in which it is run: the table of test_readme.py."""

from __future__ import annotations

PYTHON = ("python -m experiments.", "python -m tests.")
"""What begins the commands that run in the tests' own process; the others run beside it."""

PART = "(part of a job)"
"""Runs with the job it is a line of: a shell reads that, and its programs' options are known ones."""

INSTALLS = "(installs)"
"""A test does not; what it names is held against pyproject.toml and the Makefile."""

COMMANDS = r"""
python -m experiments.run experiment=baseline patrons.russia.red_line=0.8
    {} ensemble=quick ensemble.keep=0
python -m experiments.run experiment=baseline client/rule=bandwagon
    {} ensemble=quick ensemble.keep=0
python -m experiments.run experiment=baseline patron/rule@patrons.russia.rule=strategic
    {} ensemble=quick ensemble.keep=0
python -m experiments.run experiment=baseline patron@patrons.russia=russia_hardliner
    {} ensemble=quick ensemble.keep=0
python -m experiments.run experiment=baseline +patron@patrons.european_union=european_union
    {} ensemble=quick ensemble.keep=0
python -m experiments.run experiment=baseline '~patron@patrons.united_states'
    {} ensemble=quick ensemble.keep=0
python -m experiments.run experiment=baseline world=steady
    {} ensemble=quick ensemble.keep=0
python -m experiments.run experiment=baseline version=1
    {} ensemble=quick ensemble.keep=0
python -m experiments.run experiment=baseline world.deadline=.inf
    {} ensemble=quick ensemble.keep=0
python -m experiments.run experiment=baseline shock=loan_held_up
    {} ensemble=quick ensemble.keep=0
python -m experiments.run experiment=baseline \
  '+events.protests={from: 2018Q3, path: client.legitimacy, add: -0.2}'
    {} ensemble=quick ensemble.keep=0
python -m experiments.run experiment=baseline 'ensemble.vary=[]'
    {} ensemble=quick ensemble.keep=0
python -m experiments.run experiment=baseline ensemble=point
    {}
python -m experiments.run experiment=baseline ensemble=posterior
    {} ensemble.draws=64 ensemble.keep=0
python -m experiments.run experiment=baseline ensemble.design=sobol
    {} ensemble=quick ensemble.keep=0
python -m experiments.run -m experiment=baseline client/rule=heuristic,lookahead,random
    {} ensemble=quick ensemble.draws=4 ensemble.keep=0 horizon=12
python -m experiments.run -m 'patrons.russia.red_line=range(0.6,1.6,0.1)' 'client.zeta=0.4,0.8,1.2'
    {} ensemble=quick ensemble.draws=8
python -m experiments.run -m ensemble=quick 'patrons.russia.red_line=range(0.6,1.6,0.1)' \
  'client.zeta=0.4,0.8,1.2'
    {} ensemble.draws=8
python -m experiments.run experiment=baseline client/rule=custom \
  client.rule._target_=my_rules.StubbornHedger +client.rule.nerve=0.5
    {} ensemble=quick ensemble.keep=0
python -m experiments.run experiment=baseline patron/rule@patrons.russia.rule=custom \
  patrons.russia.rule._target_=my_rules.Haggler \
  +patrons.russia.rule.boldness=1.5 +patrons.russia.rule.thrift=0.8
    {} ensemble=quick ensemble.keep=0
python -m experiments.run --config-dir my_configs experiment=baseline client/rule=stubborn
    {} ensemble=quick ensemble.keep=0
python -m experiments.run --config-dir my_configs experiment=gas_war
    {} ensemble=quick ensemble.draws=16
python -m experiments.run experiment=<study>
    python -m experiments.run experiment=baseline ensemble=quick ensemble.keep=0
python -m experiments.run experiment=<study> key=value ...
    python -m experiments.run experiment=baseline ensemble=quick ensemble.keep=0 horizon=20
python -m experiments.run experiment=baseline ensemble=full
    python -m experiments.run experiment=baseline ensemble=quick ensemble.keep=0
python -m experiments.run experiment=baseline ensemble.draws=1000000 executor=processes
    python -m experiments.run experiment=baseline ensemble.draws=16 executor=processes
python -m experiments.run experiment=baseline ensemble.draws=1000000 resume=true
    python -m experiments.run experiment=baseline ensemble.draws=16 resume=true
python -m experiments.run experiment=baseline ensemble=full executor=dask
    python -m experiments.run experiment=baseline ensemble=quick executor=dask

# $address is that of a Dask cluster in the tests' own process.
python -m experiments.run experiment=baseline ensemble=full executor=dask executor.address=tcp://head:8786
    python -m experiments.run experiment=baseline ensemble=quick executor=dask executor.address=$address
python -m experiments.run experiment=baseline ensemble.draws=100000000 executor=dask executor.address=$address
    python -m experiments.run experiment=baseline ensemble=quick executor=dask executor.address=$address
dask scheduler --scheduler-file scheduler.json &
    (part of a job)
srun --ntasks=64 dask worker --scheduler-file scheduler.json --nthreads 1 &
    (part of a job)
until [ -s scheduler.json ]; do sleep 1; done
    (part of a job)
address=$(python -c 'import json; print(json.load(open("scheduler.json"))["address"])')
    (part of a job)

# Without srun and MPI, which only a cluster has.
srun python -m mpi4py.futures -m experiments.run experiment=baseline ensemble.draws=100000000 \
  executor=mpi resume=true
    python -m experiments.run experiment=baseline ensemble.draws=16 executor=serial resume=true

python -m experiments.compare results/baseline results/scratch/...
    python -m experiments.compare results/baseline results/scratch/another
python -m experiments.explain experiment=baseline draw=7 quarter=2019Q4
    {} ensemble=quick
python -m experiments.check_rule my_rules.StubbornHedger nerve=0.5
    {}
python -m experiments.check_rule my_module.MyRule number=value ...
    python -m experiments.check_rule my_rules.StubbornHedger nerve=0.5

# With the few worlds that test_calibration.py gives it.
python -m experiments.calibrate
    {} --quick --workers=1
python -m experiments.calibrate verdicts
    {} --quick --workers=1 baseline

# What make would run stands in RECIPES; that it installs first is only read.
make
    make help
make run
    make -n run
make reproduce
    make -n reproduce
make reproduce STUDIES="baseline deadline"
    make -n reproduce STUDIES="baseline deadline"
make benchmark
    make -n benchmark
make book
    make -n book
make test
    make -n test
make PYTHON=python3.12 test
    make -n test
make lint
    make -n lint
make lock
    make -n lock
make lock UPGRADE=1
    make -n lock UPGRADE=1

.venv/bin/python -m pytest tests/test_some.py -k words
    python -m pytest -q tests/test_claims.py -k wilson
.venv/bin/ruff format
    python -m ruff format --check hedging/errors.py
.venv/bin/ruff check --fix
    python -m ruff check hedging/errors.py
.ci/run
    bash -n .ci/run
source .venv/bin/activate
    (installs)
pip install 'hedging[dask]'
    (installs)
pip install 'hedging[mpi]'
    (installs)
"""

RECIPES = """
.venv/bin/python -m experiments.run experiment=baseline
    python -m experiments.run experiment=baseline ensemble=quick ensemble.keep=0
.venv/bin/python -m experiments.reproduce
    python -m experiments.reproduce --quick outreach_dose
.venv/bin/python -m experiments.reproduce baseline deadline
    python -m experiments.reproduce --quick outreach_dose

# What a benchmark runs in programs of their own is taken from the last one.
.venv/bin/python -m tests.benchmark
    python -m tests.benchmark --quick
.venv/bin/python -m tests.pages
    python -m tests.pages
.venv/bin/python -m pytest -q -n auto --dist loadfile
    python -m pytest -q tests/test_claims.py -k wilson
.venv/bin/ruff check
    python -m ruff check hedging/errors.py
.venv/bin/ruff format --check
    python -m ruff format --check hedging/errors.py
.venv/bin/mypy
    python -m mypy --version
"""


def small_forms(table: str) -> dict[str, str]:
    """Each command of a table by the small form below it, where {} stands for the command itself."""
    found: dict[str, str] = {}
    command = ""
    for line in table.replace("\\\n", "").splitlines():
        if line.startswith("    "):
            found[command] = line.strip().replace("{}", command)
        elif line and not line.startswith("#"):
            command = " ".join(line.split())
    return found
