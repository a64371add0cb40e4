"""The parameters of a model as they travel on the wire: names and bounds of the spec, defaults of ours."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

Single = Literal[
    "AUTO",
    "LIN",
    "RIDGE",
    "NLinear",
    "DLinear",
    "Dense",
    "CNN",
    "LSTM",
    "AR LSTM",
    "SVR_dir",
    "SVR_MIMO",
    "LGBMR",
]
Mode = Literal[Single, "ENSEMBLE"]
ALIASES = {"Linear": "LIN", "NN": "Dense"}
ACTIVATIONS = (
    *("relu", "sigmoid", "tanh", "linear", "softmax"),
    *("elu", "selu", "softplus", "softsign", "swish", "gelu"),
)
NO_ACTIVATION = ("keine", "none")
_NETWORK = frozenset({"EP", "LEARNING_RATE", "BATCH_SIZE", "PATIENCE"})
_LAYERS = _NETWORK | {"LAY", "N", "ACTF"}
_SVR = frozenset({"KERNEL", "C", "EPSILON", "MAX_ROWS"})
# What each family reads; MODE and SEED may always be said.
READS: dict[str, frozenset[str]] = {
    "AUTO": frozenset(),
    "LIN": frozenset(),
    "RIDGE": frozenset({"ALPHA"}),
    "NLinear": _NETWORK,
    "DLinear": _NETWORK | {"K"},
    "Dense": _LAYERS,
    "CNN": _LAYERS | {"K"},
    "LSTM": _LAYERS,
    "AR LSTM": _LAYERS,
    "SVR_dir": _SVR,
    "SVR_MIMO": _SVR,
    "LGBMR": frozenset({"N_ESTIMATORS", "LEARNING_RATE", "MAX_DEPTH", "PATIENCE"}),
}
# The network families: trained in epochs, between which a training can stop and go on exactly. The others
# take seconds, or their libraries cannot go on to the very same model.
NETWORKS = frozenset(mode for mode, names in READS.items() if "EP" in names)
# The first system's page sends its whole form with every MODE; of these names what a family does not read is
# noted in the log of the job, others are refused when the job is asked for.
OLD_FORM = frozenset({"LAY", "N", "EP", "ACTF", "K", "KERNEL", "C", "EPSILON"})
MOVING_AVERAGE = 25  # steps, as DLinear was published


def _say_when(schema: dict[str, Any]) -> None:
    """For forms: `x-when` of a field lists under which values of others it does anything.

    One of the alternatives must hold; in each every named field has one of the values, a list at least one.
    """
    for name, field in schema["properties"].items():
        modes: list[str] = [mode for mode, reads in READS.items() if name in reads]
        if modes:
            field["x-when"] = [{"MODE": modes}, {"MODE": ["ENSEMBLE"], "MEMBERS": modes}]
        elif name == "MEMBERS":
            field["x-when"] = [{"MODE": ["ENSEMBLE"]}]


class ModelParams(BaseModel):
    """What a user may say about a model; null means the default, an unknown name is refused."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        allow_inf_nan=False,
        strict=True,
        json_schema_extra=_say_when,
    )

    MODE: Mode
    MEMBERS: list[Single] = Field(
        default=["RIDGE", "Dense", "LGBMR"], min_length=2, description="the models of an ensemble"
    )
    LAY: int = Field(default=2, ge=1, le=16, description="hidden layers")
    N: int = Field(default=64, ge=1, le=4096, description="units or filters of a layer")
    EP: int = Field(default=20, ge=1, le=2000, description="most epochs")
    ACTF: str = Field(
        default="relu", description="activation of the hidden layers", examples=list(ACTIVATIONS)
    )
    K: int = Field(default=3, ge=1, le=4096, description="kernel size of a convolution or moving average")
    ALPHA: float | None = Field(
        default=None, gt=0, le=1e9, description="penalty of a ridge regression; null: chosen on validation"
    )
    KERNEL: Literal["linear", "poly", "rbf", "sigmoid"] = "rbf"
    C: float = Field(default=1.0, gt=0, le=1e6)
    EPSILON: float = Field(default=0.1, ge=0, le=1e6)
    N_ESTIMATORS: int = Field(default=100, ge=1, le=10_000)
    LEARNING_RATE: float | None = Field(default=None, gt=0, le=1)
    MAX_DEPTH: int = Field(default=-1, ge=-1, le=64)
    BATCH_SIZE: int = Field(default=32, ge=1, le=8192)
    PATIENCE: int | None = Field(default=None, ge=1, le=2000)
    SEED: int = Field(default=0, ge=0, le=2**31 - 1)
    MAX_ROWS: int = Field(default=5000, ge=10, le=1_000_000, description="most rows an SVR is fitted on")

    @model_validator(mode="before")
    @classmethod
    def _null_means_default(cls, values: Any) -> Any:
        """A page sends empty fields as null; MODE has no default and stays required."""
        if not isinstance(values, dict):
            return values
        given = {name: value for name, value in values.items() if value is not None}
        return {"K": MOVING_AVERAGE, **given} if given.get("MODE") == "DLinear" else given

    @field_validator("MODE", mode="before")
    @classmethod
    def _old_names(cls, value: Any) -> Any:
        return ALIASES.get(value, value) if isinstance(value, str) else value

    @field_validator("MEMBERS", mode="before")
    @classmethod
    def _old_names_of_members(cls, value: Any) -> Any:
        return [cls._old_names(each) for each in value] if isinstance(value, list) else value

    @field_validator("MEMBERS")
    @classmethod
    def _different_members(cls, value: list[str]) -> list[str]:
        if len(set(value)) < len(value):
            raise ValueError("names a model twice")
        return value

    @field_validator("KERNEL", mode="before")
    @classmethod
    def _any_case(cls, value: Any) -> Any:
        return value.lower() if isinstance(value, str) else value

    @field_validator("ACTF")
    @classmethod
    def _known_activation(cls, value: str) -> str:
        name = value.lower()
        if name in NO_ACTIVATION:
            return "linear"
        if name not in ACTIVATIONS:
            raise ValueError(f"is none of {', '.join(ACTIVATIONS)}, Keine")
        return name

    def unused(self) -> list[str]:
        """What was said, differs from the default, and is not read by the family."""
        said = {n for n in self.model_fields_set if getattr(self, n) != type(self).model_fields[n].default}
        return sorted(said - _reads(self.MODE, self.MEMBERS))

    def reads(self) -> list[str]:
        return sorted(_reads(self.MODE, self.MEMBERS))

    @property
    def resumable(self) -> bool:
        """Whether a fit can be stopped and continued exactly."""
        return not NETWORKS.isdisjoint(self.MEMBERS if self.MODE == "ENSEMBLE" else [self.MODE])

    def of_member(self, mode: Single) -> ModelParams:
        """The parameters of one model of an ensemble: those of its own that were said."""
        own = {name: getattr(self, name) for name in self.model_fields_set & (READS[mode] | {"SEED"})}
        return ModelParams(MODE=mode, **own)


def _reads(mode: str, members: list[Any]) -> frozenset[str]:
    families = members if mode == "ENSEMBLE" else [mode]
    own = {"MODE", "SEED"} | ({"MEMBERS"} if mode == "ENSEMBLE" else set())
    return frozenset(own.union(*(READS[each] for each in families)))
