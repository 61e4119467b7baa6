"""Recurrences as python-dateutil expands them.

Reads one JSON object: `cases`, a list of objects with `start` (a local time), `rule` (RFC 5545 text), `add` and
`except` (lists of local times), `last_year` and `most`. Writes `dateutil` (its version), `cases` (for each the
occurrences up to the end of that year, `most` at most) and `mended`: the rules that dateutil itself gets wrong, with
what they need to be right.

Where dateutil is known to be wrong, it is mended here, so that all the rest of it still answers:

* BYDAY with and without numbers (`BYDAY=MO,1TU`) is a union by RFC 5545; dateutil takes the days that are both, which
  is none. `MO` is written as `1MO,2MO,…` before dateutil sees it.
* A number that no month has (`BYMONTH=12;BYDAY=53MO,1TU`) makes dateutil fail with an IndexError. It is left out.
* BYWEEKNO: the first days of a year, which lie in the last week of the year before, are at times counted as week 53
  when that year had 52 (`FREQ=YEARLY;BYWEEKNO=53` gives 2022-01-01, which is in week 52 of 2021, and BYWEEKNO=52 does
  not). The last days of a year, which lie in the first week of the next, are not seen when that week is counted from
  the end (-52, -53). The mask of weeks is computed anew, from the day in the middle of each week.

Where dateutil reads the RFC in its own way, it is followed: BYSETPOS in the week of the start counts from the start on
(`FREQ=WEEKLY;BYDAY=MO,TH,FR;BYSETPOS=1` from a Wednesday begins on that Thursday), and BYWEEKNO alone is every day of
those weeks.
"""

import datetime
import itertools
import json
import sys
import types

import dateutil
from dateutil import rrule

WEEKDAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
rebuild = rrule._iterinfo.rebuild
mending = False


def week_mask(year, length, weeks, week_start):
    mask = []
    first = datetime.date(year, 1, 1)
    for place in range(length):
        day = first + datetime.timedelta(days=place)
        middle = day + datetime.timedelta(days=3 - (day.weekday() - week_start) % 7)
        number = (middle.timetuple().tm_yday - 1) // 7 + 1
        # December 28 of a year lies in its last week when weeks begin on Monday; in general the last middle does.
        last = datetime.date(middle.year, 12, 31)
        last -= datetime.timedelta(days=(last.weekday() - week_start - 3) % 7)
        count = (last.timetuple().tm_yday - 1) // 7 + 1
        mask.append(int(number in weeks or number - count - 1 in weeks))
    return mask


def rebuild_right(self, year, month):
    rebuild(self, year, month)
    if mending and self.rrule._byweekno:
        self.wnomask = week_mask(year, self.yearlen, self.rrule._byweekno, self.rrule._wkst) + [0] * 7


rrule._iterinfo.rebuild = rebuild_right


def by_number(text):
    """The same rule, without weekdays that have no number beside those that have one."""
    parts = dict(part.split("=") for part in text.split(";"))
    days = parts.get("BYDAY", "").split(",")
    most = 5 if parts["FREQ"] == "MONTHLY" or "BYMONTH" in parts else 53
    plain = [day for day in days if day in WEEKDAYS]
    possible = [day for day in days if day in plain or not day or abs(int(day[:-2])) <= most]
    if (not plain or len(plain) == len(days)) and possible == days:
        return text
    days = possible
    if not plain:
        parts["BYDAY"] = ",".join(days)
        return ";".join(f"{name}={value}" for name, value in parts.items())
    numbered = [f"{number}{day}" for day in plain for number in range(1, most + 1)]
    parts["BYDAY"] = ",".join([day for day in days if day not in plain] + numbered)
    return ";".join(f"{name}={value}" for name, value in parts.items())


def expand(case, text):
    # dateutil looks for occurrences up to the last year there is: this one.
    module = types.SimpleNamespace(**vars(datetime))
    module.MAXYEAR = case["last_year"]
    rrule.datetime = module
    start = datetime.datetime.fromisoformat(case["start"])
    every = rrule.rruleset()
    every.rrule(rrule.rrulestr(text, dtstart=start))
    for time in case["add"]:
        every.rdate(datetime.datetime.fromisoformat(time))
    for time in case["except"]:
        every.exdate(datetime.datetime.fromisoformat(time))
    within = itertools.takewhile(lambda time: time.year <= case["last_year"], every)
    return [time.isoformat() for time in itertools.islice(within, case["most"])]


def main():
    global mending
    asked = json.load(sys.stdin)
    answers, mended = [], []
    for case in asked["cases"]:
        text = by_number(case["rule"])
        mending = True
        answer = expand(case, text)
        answers.append(answer)
        if text != case["rule"] or "BYWEEKNO" in text:
            mending = False
            try:
                wrong = expand(case, case["rule"]) != answer
            except IndexError:
                wrong = True
            if wrong:
                mended.append(case["rule"])
    json.dump({"dateutil": dateutil.__version__, "cases": answers, "mended": mended}, sys.stdout)


if __name__ == "__main__":
    main()
