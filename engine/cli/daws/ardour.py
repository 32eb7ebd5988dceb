"""Ardour's scripts: each one file that holds all it needs, because Ardour's Lua loads no other.

Of a script Ardour keeps the function ``factory`` alone, so that the modules stand inside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

_GUARD = "api"
_CORE = ("protocol", "osc", "slip", "messages", "spool", "jobs", "placement")
_OF_ACTIONS = ("timeline", "orders", "ask")
_OF_THE_HOOK = ("timeline", "orders", "placing", "marking", "desk")
_LICENCE = 'license = "GPL-3.0-or-later", author = "Cuewright"'
HOOK = "cuewright_hook.lua"


@dataclass(frozen=True, kw_only=True, slots=True)
class Action:
    """A script of Ardour's list; ``run`` is a function of the module ``ask``."""

    name: str
    run: str
    about: str

    @property
    def file(self) -> str:
        """Its name on disk."""
        return f"cuewright_{self.run}.lua"


ACTIONS = (
    Action(name="Generate", run="generate", about="Sounds from words, at the playhead or in the selected range."),
    Action(name="Compose to picture", run="compose", about="Sounds on what happens in a video, onsets on their cues."),
    Action(name="Spot picture", run="spot", about="Markers where something happens in a video."),
    Action(name="Edit selected regions", run="edit", about="New takes beside the regions, which stay as they are."),
    Action(name="Align to picture", run="align", about="New takes of regions, fitted to the video they lie under."),
    Action(name="More takes", run="more", about="Other takes of the last sounds."),
    Action(name="Cancel", run="cancel", about="End every job that is under way."),
    Action(name="Open report", run="report", about="The page of the last composition, in your browser."),
)


def bundle(source: Path, settings: str) -> dict[str, str]:
    """Texts of the scripts by file name.

    Parameters
    ----------
    source
        The folder ``daw_scripts``.
    settings
        Text of a Lua module: ``spool``, ``engine`` as a list of words, ``opener``; ``token`` where there is one;
        ``start`` and ``log`` where the engine can be started, see `starting`.
    """
    core = {name: (source / "lua" / f"{name}.lua").read_text(encoding="utf-8") for name in _CORE}
    own = {path.stem: path.read_text(encoding="utf-8") for path in (source / "ardour").glob("*.lua")}
    known = {"settings": settings, _GUARD: own[_GUARD]}
    asking = _modules(known | {name: own[name] for name in _OF_ACTIONS})
    working = _modules(known | core | {name: own[name] for name in _OF_THE_HOOK})
    return {**{action.file: _action(action, asking) for action in ACTIONS}, HOOK: _hook(working)}


def _modules(texts: Mapping[str, str]) -> str:
    """Lua text: a local ``import`` that knows them."""
    lines: list[str] = ["  local sources, loaded = {}, {}"]
    for name, text in texts.items():
        lines += [f"  sources.{name} = function(...)", *_indented(text), "  end"]
    return "\n".join(
        [
            *lines,
            "  local function import(name)",
            "    if loaded[name] == nil then loaded[name] = sources[name](import) end",
            "    return loaded[name]",
            "  end",
        ]
    )


def _indented(text: str) -> Iterable[str]:
    return (f"    {line}".rstrip() for line in text.rstrip("\n").split("\n"))


def _action(action: Action, modules: str) -> str:
    return f"""ardour {{
  ["type"] = "EditorAction", name = "Cuewright: {action.name}", {_LICENCE},
  description = "{action.about}",
}}

function factory()
{modules}
  local function tell(title, text)
    LuaDialog.Message("Cuewright: " .. title, text, LuaDialog.MessageType.Warning, LuaDialog.ButtonType.Close):run()
  end
  return function()
    local refusal = import("{_GUARD}").refusal()
    if refusal then return tell("scripts may do nothing here", refusal) end
    -- Ardour takes an action that raises out of its list without a word.
    local done, problem = pcall(function() import("ask").{action.run}() end)
    if not done then
      tell("a defect of the scripts", "Please report it, with the version of Ardour: " .. tostring(problem))
    end
  end
end
"""


def _hook(modules: str) -> str:
    return f"""ardour {{
  ["type"] = "EditorHook", name = "Cuewright: the hook", {_LICENCE},
  description = "Brings what the engine makes onto the timeline. The actions named Cuewright need it.",
}}

function signals()
  local set = LuaSignal.Set()
  set:add({{ [LuaSignal.LuaTimerDS] = true }})
  return set
end

function factory()
{modules}
  if import("{_GUARD}").refusal() then return function() end end -- the actions say why
  local desk = import("desk")
  local open = false
  return function()
    if not open then
      desk.open()
      open = true
    end
    desk.tick()
  end
end
"""
