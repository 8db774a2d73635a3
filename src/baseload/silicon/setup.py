"""What is asked of the model: a catalogue model on so many catalogue chips, split so, in a precision, by an engine."""

from dataclasses import dataclass

from baseload.catalog import chip as chip_entry
from baseload.catalog import model as model_entry
from baseload.errors import Unsupported
from baseload.silicon.engines import family_of
from baseload.silicon.hardware import full_power, hardware_of, precision_name
from baseload.silicon.plan import Memory, Plan, check_fits, memory
from baseload.silicon.serving import Served
from baseload.silicon.shape import shape_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """One engine, or several alike: `chips` divided by the plan's. Names are the catalogue's ids."""

    chip: str
    model: str
    chips: int
    served: Served
    engine: str

    @property
    def replicas(self) -> int:
        return self.chips // self.served.plan.chips

    @property
    def memory(self) -> Memory:
        s = self.served
        return memory(s.hardware, s.shape, s.plan, s.precision, s.family)

    def labels(self) -> dict[str, list[str]]:
        """The levels of a calibration that this setup belongs to; a single row."""
        base, s = full_power(self.chip), self.served
        return {
            "family": [s.family],
            "precision": [s.precision],
            "chip": [base],
            "combination": [f"{base} {s.family} {s.precision}"],
            "version": [self.engine],
            "model": [self.model],
            "model and family": [f"{self.model} {s.family}"],
        }


def setup_of(
    *,
    chip: str,
    model: str,
    chips: int = 1,
    tensor: int | None = None,
    pipeline: int = 1,
    data: int = 1,
    expert: int | None = None,
    precision: str = "bf16",
    engine: str = "",
) -> Setup:
    """Check and gather. By default all chips are one tensor-parallel engine.

    SetupError for a name the catalogue lacks, with the nearest; Unsupported for a precision the chip lacks, a split
    that does not divide, or a model that does not fit, saying by how much and what would fit.
    """
    entry, architecture = chip_entry(chip), model_entry(model)
    hardware, shape, name = hardware_of(entry), shape_of(architecture.architecture), precision_name(precision)
    hardware.rate(name)
    if min(1 if tensor is None else tensor, pipeline, data, chips, 1 if expert is None else expert) < 1:
        raise Unsupported("chips and every kind of parallelism must be 1 or more; change the one that is not")
    width = tensor if tensor is not None else max(1, chips // (pipeline * data))
    plan = Plan(tensor=width, pipeline=pipeline, data=data, expert=expert or 1)
    if chips % plan.chips:
        raise Unsupported(
            f"{chips} chips do not divide into engines of {width} × {pipeline} × {data}; change one of them"
        )
    if expert is not None and (not shape.experts or (width * data) % expert or shape.experts % expert):
        raise Unsupported(
            f"expert parallelism of {expert} does not divide {shape.experts} experts over {width * data} chips"
            if shape.experts
            else f"{architecture.id} has no experts to spread; leave expert parallelism out"
        )
    if shape.heads % width:
        raise Unsupported(f"tensor parallelism of {width} does not divide {shape.heads} heads of {architecture.id}")
    check_fits(hardware, shape, plan, name, architecture.id)
    family = family_of(engine)
    served = Served(hardware=hardware, shape=shape, plan=plan, precision=name, family=family)
    return Setup(chip=entry.id, model=architecture.id, chips=chips, served=served, engine=engine.strip())
