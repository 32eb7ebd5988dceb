"""What sound people ask for and no action does: the sentence that says what comes near.

Knows nothing of what can be done; :mod:`engine.planning.instruct_rules` asks here when no rule explains a clause.
"""

from __future__ import annotations

import re

_BEYOND: tuple[tuple[str, str], ...] = (
    (
        r"channels?\b|swap\b.*\b(?:left|right|sides)",
        "channels are chosen with the region: '1' is the left alone, '2 1' swaps two, 'mix' makes one of all",
    ),
    (r"from (?:left to right|right to left)", "a pan does not move: it is at one place for all of the sound"),
    (
        r"de-?ess|sibilan|ess?es\b|s's|plosives?\b|gate\b|compress|expan(?:d|sion)|punch|transient|attack|dynamic",
        "the level is changed by 'volume', its envelope and 'limit'; nothing here follows the level of the voice",
    ),
    (
        r"(?:high|low|band)[ -]?(?:pass|cut|shelf)|shelf|eq\b|equali[sz]|bass|treble|highs?\b|lows?\b|mids?\b|low end|"
        r"top end|warm|bright|dark|dull|boom|muff|muddy|thin\b|harsh|crisp|tinny|presence|filter",
        "the tone is not changed here, but for 'high pass at 80 Hz' (1 to 100) and 'further away', which is duller",
    ),
    (
        r"(?:less|no|remove|reduce|without|de-?)\b.*(?:reverb|echo|room|ambien)|de-?reverb|de-?echo|\bdry\b|dryer|drier",
        "a room cannot be taken out; 'worldize' puts a sound into one",
    ),
    (
        r"reverb|echo|church|cathedral|hall\b|room|cave|tunnel|stairwell|bathroom|space\b|outside\b|indoors|outdoors",
        "name a recording made in that room as the reference and say 'worldize', or say 'further away'",
    ),
    (
        r"phone|radio\b|walkie|megaphone|speaker|under ?water|wall\b|(?:behind|through|outside) (?:an? |the )?\w+|"
        r"next door",
        "'cuewright presets' lists what it can be heard through, as in 'on the phone'; 'further away' is duller",
    ),
    (r"closer|nearer|up close", "a sound is not brought closer than it was recorded: 'less noisy' or 'louder' may do"),
    (r"de-?clip|clipp(?:ed|ing)|distort|saturat", "what is clipped stays clipped here"),
    (r"isolat|extract|separat|unmix", "one sound is not taken out of others; 'denoise' takes steady noise away"),
    (r"polarity|phase", "the polarity is not changed here: a DAW's track has a switch for it"),
    (r"\d+ ?bits?\b|bit ?depth|dither|mp3|flac|wav\b|aac\b|format", "the take has the bits of the original or better"),
    (
        r"fps\b|vari-?speed|pull[ -]?(?:up|down)|frame ?rate",
        "speed and pitch change together by the region's play rate: 25 to 24 frames are 0.96",
    ),
    (
        r"(?:double|twice|half|halve|triple|times)\b.*(?:loud|quiet|soft|volume|level|gain)",
        "say it in dB: 6 dB is twice the amplitude, 10 dB is heard as twice as loud",
    ),
    (
        r"(?:double|twice|half|halve|triple|0\.5)\b.*(?:length|long|dur)|(?:%|per ?cent).*(?:long|short)|\d+ ?% long|"
        r"(?:long|short)er\b|shorten\b|(?:repeat|loop)\w*\b",
        "more of the same is 'extend to 20 seconds', stretched is 'stretch to 120 %', cut off is 'trim to 5 seconds', "
        "and 'loop it' joins the end to the beginning",
    ),
    (
        r"silences?\b|pad\b|pauses?\b|quiet parts?",
        "silence is neither found nor put in: 'mute from 2 to 3 s' makes it, 'trim to 5 seconds' or "
        "'cut the last 2 seconds' takes it off the ends",
    ),
    (
        r"(?:move|warp|shift|nudge|delay|sync|align|lands?|timing|quanti[sz]e|earlier|later)\b",
        "moments are moved by the action 'warp anchors=2:2.5' (what was at 2 s is then at 2.5 s)",
    ),
    (r"(?:match|like|same)\b", "only the room of a reference is taken ('worldize'); say a loudness as a number"),
    (r"stereo\b", "'pan to the centre' makes a mono sound stereo, and 'wider' widens what is stereo"),
    (
        r"whin|whistl|(?:steady|test|sine) tone|notch|resonan|ringing",
        "a steady tone is taken out by its frequency: 'notch at 1000 Hz' (20 to 1000)",
    ),
    (r"(?:add|insert|mix)\b", "a sound is put in place of a selection: 'replace it with a dog bark'"),
    (
        r"(?:cut|trim|chop)\b",
        "say how much, like 'cut the last 2 seconds' or 'trim to 5 seconds'; in a selection 'remove it' fills the spot",
    ),
    (r"undo\b|original\b|revert", "the original and every take still lie there: edit one of those"),
)


def near_what_is_beyond(text: str) -> str | None:
    """What to say to a wish that no action fulfils, without a full stop; none where nothing comes near."""
    return next((told for pattern, told in _BEYOND if re.search(rf"\b(?:{pattern})", text)), None)
