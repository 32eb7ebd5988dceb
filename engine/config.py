"""Settings, from command-line flags, then ``CUEWRIGHT_*`` environment variables, then a TOML file.

The file is ``cuewright.toml`` in the user's configuration folder; ``CUEWRIGHT_CONFIG`` names another. This module only
reads; it makes no folder.
"""

from __future__ import annotations

import os
import tomllib
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import platformdirs
from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from engine.errors import BadArgument

APP = "cuewright"


def config_path() -> Path:
    """The TOML file settings are read from, whether or not it exists."""
    return Path(os.environ.get("CUEWRIGHT_CONFIG") or Path(platformdirs.user_config_dir(APP)) / "cuewright.toml")


class _TomlSource(PydanticBaseSettingsSource):
    """The TOML file, as pydantic-settings wants it."""

    def get_field_value(self, field: Any, field_name: str) -> tuple[Any, str, bool]:
        return None, field_name, False

    def __call__(self) -> dict[str, Any]:
        path = config_path()
        try:
            return tomllib.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, RecursionError) as error:  # ValueError: not UTF-8, not TOML, a number too long
            raise BadArgument(f"{path} cannot be read as TOML: {error}.", field="config") from None


class Settings(BaseSettings):
    """How this engine runs on this machine."""

    model_config = SettingsConfigDict(
        env_prefix="CUEWRIGHT_", frozen=True, extra="forbid", env_ignore_empty=True, validate_default=True
    )

    host: str = Field("127.0.0.1", description="Address to listen on; anything but loopback needs a token.")
    port: int = Field(57_190, ge=0, le=65_535, description="UDP and TCP port; 0 picks a free one.")
    token: SecretStr | None = Field(None, description="Requests must carry it when set.")
    spool: Path | None = Field(None, description="Folder watched for request files; `spool` in the data folder else.")
    roots: tuple[Path, ...] = Field((Path.home(),), description="Files are read and written under these folders only.")
    data_folder: Path = Field(Path(platformdirs.user_data_dir(APP)), description="Job journal, library index.")
    cache_folder: Path = Field(Path(platformdirs.user_cache_dir(APP)), description="Rendered takes; safe to delete.")
    cache_bytes: int = Field(4 * 2**30, ge=0, description="The take cache is trimmed to this.")
    queue_limit: int = Field(256, ge=1, le=100_000, description="Jobs that may wait; one more is refused.")
    history_limit: int = Field(10_000, ge=1, description="Finished jobs kept in the journal.")
    creator: str = Field("CUEWRIGHT", pattern=r"^[A-Za-z0-9-]{1,32}$", description="UCS CreatorID in file names.")
    backends: tuple[str, ...] = Field(
        ("sample_library", "procedural"), description="Backends asked in turn when a request names none."
    )
    models_folder: Path | None = Field(None, description="Weights of models; `models` in the data folder else.")
    models_first: tuple[str, ...] = Field(
        (), description="Models that are used where a backend has several here; else the catalogue's first."
    )
    offline: bool = Field(False, description="Fetch nothing from the net.")
    models_device: Literal["auto", "cpu", "cuda", "mps"] = Field("auto", description="What diffusion models run on.")
    models_compile: bool = Field(False, description="Compile models on loading: minutes once, faster steps after.")
    models_keep_seconds: float = Field(300.0, ge=0, description="A model that nobody uses leaves memory after these.")
    presets: Path | None = Field(None, description="Folder of your own presets; `presets` in the data folder else.")
    plugin_folders: tuple[Path, ...] = Field((), description="Folders of VST3 and AU plugins, beside the system's own.")
    plugin_timeout_seconds: float = Field(20.0, gt=0, le=600, description="What a plugin takes longer to load hangs.")
    preview_device: str = Field(
        "", max_length=1_024, description="Output that previews play through: name, part of one, number; or 'none'."
    )
    llm_base_url: str | None = Field(None, description="OpenAI-compatible server; none is the OpenAI service itself.")
    llm_model: str | None = Field(
        None, description="Model that plans; local:NAME of 'cuewright models list'. None: words stay on this machine."
    )
    llm_api_key: SecretStr | None = Field(None, description="Key for the server; OPENAI_API_KEY otherwise.")
    llm_timeout_seconds: float = Field(30.0, gt=0, le=600)
    llm_price_per_million_tokens: float | None = Field(
        None, ge=0, allow_inf_nan=False, description="In your currency, taken and given alike; costs are told with it."
    )
    llm_concurrent: int = Field(4, ge=1, le=256, description="Questions that are at a server at once.")
    vlm_model: str | None = Field(
        None, description="Model that looks at pictures and judges what was aligned; else they are measured."
    )
    alm_model: str | None = Field(None, description="Model that listens to sounds; else they are measured.")

    @property
    def models_path(self) -> Path:
        """Where the weights of models lie."""
        return self.models_folder or self.data_folder / "models"

    @property
    def presets_folder(self) -> Path:
        """Where the user's own presets lie; it need not exist."""
        return self.presets or self.data_folder / "presets"

    @property
    def plugins_path(self) -> Path:
        """What a scan of plugins found."""
        return self.data_folder / "plugins.json"

    @property
    def spool_folder(self) -> Path:
        """Where request files are taken from."""
        return self.spool or self.data_folder / "spool"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Flags win over the environment, which wins over the file."""
        return init_settings, env_settings, _TomlSource(settings_cls)

    @classmethod
    def load(cls, **flags: Any) -> Settings:
        """Settings with ``flags`` on top; a flag that is None was not given.

        Raises
        ------
        BadArgument
            Naming the first setting that is wrong.
        """
        try:
            return cls(**{k: v for k, v in flags.items() if v is not None})
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            name = ".".join(str(p) for p in first["loc"])
            raise BadArgument(f"Setting {name!r}: {first['msg']}.", field=name) from None

    @cached_property
    def journal_path(self) -> Path:
        """SQLite file of the job journal."""
        return self.data_folder / "journal.sqlite3"

    @cached_property
    def library_path(self) -> Path:
        """SQLite file of the sample library's index."""
        return self.data_folder / "library.sqlite3"

    @cached_property
    def takes_folder(self) -> Path:
        """Content-addressed takes."""
        return self.cache_folder / "takes"
