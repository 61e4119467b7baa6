"""Business days as numpy counts them.

Reads one JSON object: `calendars` (objects with `weekmask`, from Monday, and `holidays`), `offsets` (lists of a
calendar's place, a date, a number and a roll) and `counts` (lists of a calendar's place and two dates).
Writes `numpy` (its version), `offsets` (a date, null for NaT, or "raise") and `counts`.
"""

import json
import sys

import numpy as np


def offset(calendar, date, n, roll):
    try:
        found = np.busday_offset(np.datetime64(date, "D"), n, roll=roll, busdaycal=calendar)
    except ValueError:
        return "raise"
    return None if np.isnat(found) else str(found)


def count(calendar, begin, end):
    return int(np.busday_count(np.datetime64(begin, "D"), np.datetime64(end, "D"), busdaycal=calendar))


def main():
    asked = json.load(sys.stdin)
    calendars = [
        np.busdaycalendar(weekmask=one["weekmask"], holidays=np.array(one["holidays"], dtype="datetime64[D]"))
        for one in asked["calendars"]
    ]
    answer = {
        "numpy": np.__version__,
        "offsets": [offset(calendars[place], *rest) for place, *rest in asked["offsets"]],
        "counts": [count(calendars[place], *rest) for place, *rest in asked["counts"]],
    }
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
