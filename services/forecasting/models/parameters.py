"""The parameters of a model as they travel on the wire: names and bounds of the spec, defaults of ours."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

Mode = Literal["LIN", "Dense", "CNN", "LSTM", "AR LSTM", "SVR_dir", "SVR_MIMO", "LGBMR"]
ALIASES = {"Linear": "LIN", "NN": "Dense"}
ACTIVATIONS = (
    *("relu", "sigmoid", "tanh", "linear", "softmax"),
    *("elu", "selu", "softplus", "softsign", "swish", "gelu"),
)
NO_ACTIVATION = ("keine", "none")


class ModelParams(BaseModel):
    """What a user may say about a model; null means the default, an unknown name is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, strict=True)

    MODE: Mode
    LAY: int = Field(default=2, ge=1, le=16, description="hidden layers")
    N: int = Field(default=64, ge=1, le=4096, description="units or filters of a layer")
    EP: int = Field(default=20, ge=1, le=2000, description="most epochs")
    ACTF: str = Field(default="relu", description="activation of the hidden layers")
    K: int = Field(default=3, ge=1, le=4096, description="kernel size of a convolution")
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
        return {name: value for name, value in values.items() if value is not None}

    @field_validator("MODE", mode="before")
    @classmethod
    def _old_names(cls, value: Any) -> Any:
        return ALIASES.get(value, value) if isinstance(value, str) else value

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
