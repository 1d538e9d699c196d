"""Ways to a green without evidence, each tried here and each ending otherwise; none needs a cluster."""

from dry_checks import recorded, run_checks  # noqa: F401
from dry_experiment import experiment, run_experiment, shop  # noqa: F401
from dry_session import dry  # noqa: F401
from fakes import folder, runs  # noqa: F401
