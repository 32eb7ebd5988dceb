"""What words mean besides naming a sound: adjectives that turn knobs, numbers, words to pass over.

Keys are stems as :func:`engine.procedural.words.stem` makes them. This module is data and knows no family.
"""

from __future__ import annotations

from collections.abc import Mapping

STOP = frozenset({
    "a", "an", "the", "this", "that", "these", "those", "some", "any", "of", "and", "or", "then", "as", "while", "is",
    "are", "was", "were", "be", "been", "being", "it", "its", "his", "her", "their", "my", "your", "our", "he", "she",
    "they", "someone", "somebody", "person", "people's", "man", "woman", "guy", "boy", "girl", "sound", "noise",
    "effect", "sfx", "audio", "recording", "sample", "track", "clip", "hear", "heard", "make", "let", "just", "very",
    "really", "quite", "rather", "so", "too", "more", "most", "around", "there", "here", "s", "t", "again", "once",
    "upon", "which", "who", "slightly", "bit", "kind", "sort", "like", "please", "add", "create", "generate", "want",
    "need", "i", "you", "we", "me", "us", "happen", "overhead", "play", "go", "come", "get", "start", "stop", "begin",
    "end", "give", "occur", "blow", "operat", "ongo", "continu", "approach", "increas", "repeat", "microphon",
    "fall", "pas", "past", "mov", "hit", "made", "do", "doe", "have", "ha", "with", "long",
    "short", "brief", "continuous", "steady", "constant", "natural", "realistic", "background", "ambient", "ambienc",
    "ambiance", "atmospher", "foreground", "foley", "old", "new", "nice", "single", "other", "another", "each",
    "every", "few", "several", "many", "couple", "multiple", "front", "behind", "own", "back", "forth", "up", "down",
    "out", "off", "away", "over", "put", "set", "plac", "lay", "flyb", "passb", "second", "sec", "minut", "hour",
    "m", "ms",
})  # fmt: skip
"""Words without a sound of their own."""

BREAKS = frozenset({
    "in", "on", "at", "from", "under", "across", "near", "against", "through", "into", "onto", "beside", "inside",
    "outside", "during", "by", "along", "over",
})  # fmt: skip
"""What follows one of these says where, not what."""

NEGATIONS = frozenset({
    "no", "not", "without", "never", "minus", "except", "excluding", "sans",
})  # fmt: skip
"""What follows one of these is not wanted."""

ENDS_NEGATION = frozenset({
    "and", "but", "with", "then", "or", "only", "plus",
})  # fmt: skip

SIZES: Mapping[str, float] = {
    "tiny": 0.35, "small": 0.6, "littl": 0.6, "miniatur": 0.35, "thin": 0.7, "high": 0.7, "young": 0.6, "baby": 0.5,
    "big": 1.6, "larg": 1.6, "huge": 2.6, "hug": 2.6, "giant": 3.0, "massiv": 3.0, "enormou": 3.2, "enormous": 3.2,
    "gigantic": 3.5, "heav": 1.5, "light": 0.75, "deep": 1.6, "low": 1.5, "thick": 1.5, "great": 1.6,
}  # fmt: skip
INTENSITIES: Mapping[str, float] = {
    "soft": 0.25, "gentl": 0.25, "gent": 0.25, "quiet": 0.25, "faint": 0.2, "weak": 0.2, "calm": 0.25, "mild": 0.3,
    "light": 0.3, "subtl": 0.2, "spars": 0.2, "lazy": 0.3, "hard": 0.9, "loud": 0.9, "violent": 1.0, "strong": 0.85,
    "powerful": 0.95, "furiou": 1.0, "furious": 1.0, "fierc": 0.95, "torrential": 1.0, "rag": 1.0, "angr": 0.85,
    "aggressiv": 0.9, "heav": 0.85, "intens": 0.9, "bus": 0.8, "busy": 0.8, "dens": 0.85, "roar": 0.95, "wild": 0.9,
    "forceful": 0.9, "frantic": 0.85,
}  # fmt: skip
DISTANCES_M: Mapping[str, float] = {
    "distant": 60.0, "distanc": 60.0, "far": 80.0, "faraw": 80.0, "faraway": 80.0, "remot": 100.0, "clos": 1.0,
    "closeup": 0.5, "near": 2.0, "nearb": 3.0,
}  # fmt: skip
WETNESSES: Mapping[str, float] = {
    "reverberant": 0.7, "reverb": 0.6, "echo": 0.75, "echoe": 0.75, "cav": 0.95, "cavern": 0.95, "cathedral": 1.0,
    "church": 0.9, "tunnel": 0.85, "hall": 0.7, "hallw": 0.55, "hallway": 0.55, "corridor": 0.55, "stairwell": 0.8,
    "bathroom": 0.5, "warehous": 0.8, "room": 0.3, "kitchen": 0.3, "hous": 0.3, "indoor": 0.3, "wet": 0.6, "dr": 0.0,
    "dry": 0.0, "dead": 0.0, "anechoic": 0.0, "outdoor": 0.02, "outsid": 0.02, "forest": 0.1, "field": 0.02, "street":
    0.15, "gymnasium": 0.8, "canyon": 0.8,
}  # fmt: skip
PACES: Mapping[str, float] = {
    "slow": 0.6, "leisur": 0.65, "lazy": 0.6, "fast": 1.6, "quick": 1.6, "rapid": 1.9, "hurr": 1.7, "hurried": 1.7,
    "hast": 1.6, "frantic": 2.4, "brisk": 1.3, "urgent": 1.7, "sudden": 1.2,
}  # fmt: skip
BRIGHTNESSES: Mapping[str, float] = {
    "bright": 0.75, "crisp": 0.7, "sharp": 0.7, "shrill": 0.85, "dull": 0.25, "muffl": 0.12, "muffled": 0.12, "dark":
    0.25, "wall": 0.12, "warm": 0.35,
}  # fmt: skip
HARDNESSES: Mapping[str, float] = {
    "hard": 0.85, "soft": 0.2, "rubber": 0.15, "felt": 0.1, "sharp": 0.8, "barefoot": 0.1,
}  # fmt: skip
MATERIALS: frozenset[str] = frozenset({
    "wood", "metal", "glas", "plastic", "stone", "concret", "oak", "pin", "steel", "iron", "brass", "copper", "tin",
    "aluminium", "aluminum", "bronz", "silver", "brick", "tile", "marbl", "leather", "rust", "antiqu", "ancient",
    "creak",
})  # fmt: skip
"""Said of a thing, they colour it; they do not name what sounds."""

KNOBS: Mapping[str, Mapping[str, float]] = {
    "size": SIZES,
    "intensity": INTENSITIES,
    "distance_m": DISTANCES_M,
    "wetness": WETNESSES,
    "pace": PACES,
    "brightness": BRIGHTNESSES,
    "hardness": HARDNESSES,
}
"""Knob to the stems that set it."""

GAITS: Mapping[str, float] = {
    "run": 1.65, "jog": 1.4, "sprint": 2.0, "march": 1.05, "pac": 0.9, "sneak": 0.6, "creep": 0.5, "stroll": 0.8,
}  # fmt: skip
"""How fast a way of walking is."""

NUMBERS: Mapping[str, int] = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "eleven": 11, "twelve": 12, "once": 1, "twice": 2, "thrice": 3, "single": 1, "couple": 2, "few": 3, "several": 4,
}  # fmt: skip
UNITS = frozenset({
    "s", "sec", "secs", "second", "seconds", "m", "min", "mins", "minute", "minutes", "hour", "hours", "ms", "meter",
    "meters", "metre", "metres",
})  # fmt: skip
"""After a number, it is not a count."""

UNMADE = frozenset({
    "theremin", "zebra", "solo", "music", "melod", "chord", "song", "sing", "singer", "whisper", "piano", "guitar",
    "violin", "cello", "drum", "cymbal", "trumpet", "flut", "organ", "orchestra", "choir", "harp", "synth", "bas",
    "saxophon", "accordion", "french", "fog", "rocket", "boat", "ship", "submarin", "pig", "goos", "lion", "tiger",
    "wolf", "wolv", "elephant", "monkey", "bear", "snak", "whal", "eagl", "seagull", "fly", "howl", "purr", "growl",
    "wash", "toaster", "fridg", "robot", "alien", "ghost", "monster", "zombi", "dragon", "radio", "televis", "tv",
    "film", "crash", "kiss", "burp", "fart", "slot", "basket", "tennis", "golf", "skateboard", "shout", "yell",
})  # fmt: skip
"""Sounds people ask for that no family makes: a text that names one is not answered by a family it also names."""
