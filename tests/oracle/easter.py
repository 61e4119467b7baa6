"""Easter Sundays as python-dateutil computes them. Reads a JSON list of years, writes a list of dates."""

import json
import sys

from dateutil.easter import easter

json.dump([easter(year).isoformat() for year in json.load(sys.stdin)], sys.stdout)
