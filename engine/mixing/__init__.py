"""From takes to levels and places: one take at a time (:mod:`levels`, :mod:`place`), then all of them (:mod:`bus`).

    place(plan, event, take) -> PlacedTake       onset on the event's start, fades, level
    mix(placed, plan) -> Audio                   panned, summed, limited; begins at the plan's position

Stems keep the channels of their take; panning happens in the mix only. Nothing here knows of files, backends or jobs.
"""
