//! The examples of RFC 5545 section 3.8.5.3, those of DAILY and above. All are in New York's local
//! time, from September 2, 1997, 09:00, where nothing else is said.

use chrono::{Datelike, NaiveDate, NaiveDateTime, TimeDelta};

use crate::recurrence::{Recurrence, Rule};

const START: &str = "1997-09-02T09:00:00";

fn compile(start: &str, rule: &str) -> Recurrence {
    let rule: Rule = rule.parse().unwrap();
    Recurrence::new(start.parse::<NaiveDateTime>().unwrap(), &rule).unwrap()
}

/// Days as the RFC lists them: `1997 Sep 2,3; Oct 1`.
fn days(listed: &str) -> Vec<NaiveDate> {
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let (mut year, mut found) = (0, Vec::new());
    for part in listed.split(';') {
        let mut words = part.split_whitespace().peekable();
        if let Some(named) = words.peek().and_then(|word| word.parse().ok()) {
            year = named;
            words.next();
        }
        let name = words.next().unwrap();
        let month = months.iter().position(|month| *month == name).unwrap();
        for day in words.next().unwrap().split(',') {
            let month = u32::try_from(month).unwrap() + 1;
            found.push(NaiveDate::from_ymd_opt(year, month, day.parse().unwrap()).unwrap());
        }
    }
    found
}

/// The first occurrences are these days at nine, and there are no more when the rule has an end.
fn check(start: &str, rule: &str, listed: &str) {
    let recurrence = compile(start, rule);
    let expected = days(listed);
    let ends = rule.contains("COUNT") || rule.contains("UNTIL");
    let found: Vec<NaiveDateTime> =
        recurrence.occurrences().take(if ends { usize::MAX } else { expected.len() }).collect();
    let nine: Vec<NaiveDateTime> = expected.iter().map(|day| day.and_hms_opt(9, 0, 0).unwrap()).collect();
    assert_eq!(found, nine, "{rule}");
}

#[test]
fn s9_3_daily_examples() {
    check(START, "FREQ=DAILY;COUNT=10", "1997 Sep 2,3,4,5,6,7,8,9,10,11");
    let until = compile(START, "FREQ=DAILY;UNTIL=19971223T190000");
    assert_eq!(until.occurrences().count(), 113);
    assert_eq!(until.last().unwrap().to_string(), "1997-12-23 09:00:00");
    check(START, "FREQ=DAILY;INTERVAL=2", "1997 Sep 2,4,6,8,10,12,14,16,18,20,22,24,26,28,30; Oct 2,4");
    check(START, "FREQ=DAILY;INTERVAL=10;COUNT=5", "1997 Sep 2,12,22; Oct 2,12");
    for rule in [
        "FREQ=YEARLY;UNTIL=20000131T140000;BYMONTH=1;BYDAY=SU,MO,TU,WE,TH,FR,SA",
        "FREQ=DAILY;UNTIL=20000131T140000;BYMONTH=1",
    ] {
        let januaries = compile("1998-01-01T09:00:00", rule);
        let found: Vec<NaiveDate> = januaries.occurrences().map(|time| time.date()).collect();
        let first = NaiveDate::from_ymd_opt(1998, 1, 1).unwrap();
        let expected: Vec<NaiveDate> = first.iter_days().take(761).filter(|day| day.month() == 1).collect();
        assert_eq!(found, expected);
    }
    // Every 20 minutes from 9:00 to 16:40 every day, by hours and minutes of the day.
    let often = compile(START, "FREQ=DAILY;BYHOUR=9,10,11,12,13,14,15,16;BYMINUTE=0,20,40");
    let nine: NaiveDateTime = START.parse().unwrap();
    let first_day = (0..24).map(|step| nine + TimeDelta::minutes(20 * step));
    let expected: Vec<NaiveDateTime> = first_day.chain([nine + TimeDelta::days(1)]).collect();
    assert_eq!(often.occurrences().take(25).collect::<Vec<_>>(), expected);
}

#[test]
fn s9_3_weekly_examples() {
    check(START, "FREQ=WEEKLY;COUNT=10", "1997 Sep 2,9,16,23,30; Oct 7,14,21,28; Nov 4");
    check(
        START,
        "FREQ=WEEKLY;UNTIL=19971223T190000",
        "1997 Sep 2,9,16,23,30; Oct 7,14,21,28; Nov 4,11,18,25; Dec 2,9,16,23",
    );
    check(
        START,
        "FREQ=WEEKLY;INTERVAL=2;WKST=SU",
        "1997 Sep 2,16,30; Oct 14,28; Nov 11,25; Dec 9,23; 1998 Jan 6,20; Feb 3,17",
    );
    for rule in ["FREQ=WEEKLY;UNTIL=19971007T000000;WKST=SU;BYDAY=TU,TH", "FREQ=WEEKLY;COUNT=10;WKST=SU;BYDAY=TU,TH"] {
        check(START, rule, "1997 Sep 2,4,9,11,16,18,23,25,30; Oct 2");
    }
    check(
        "1997-09-01T09:00:00",
        "FREQ=WEEKLY;INTERVAL=2;UNTIL=19971223T190000;WKST=SU;BYDAY=MO,WE,FR",
        "1997 Sep 1,3,5,15,17,19,29; Oct 1,3,13,15,17,27,29,31; Nov 10,12,14,24,26,28; Dec 8,10,12,22",
    );
    check(START, "FREQ=WEEKLY;INTERVAL=2;COUNT=8;WKST=SU;BYDAY=TU,TH", "1997 Sep 2,4,16,18,30; Oct 2,14,16");
    check("1997-08-05T09:00:00", "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO", "1997 Aug 5,10,19,24");
    check("1997-08-05T09:00:00", "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU", "1997 Aug 5,17,19,31");
}

#[test]
fn s9_3_monthly_examples() {
    check(
        "1997-09-05T09:00:00",
        "FREQ=MONTHLY;COUNT=10;BYDAY=1FR",
        "1997 Sep 5; Oct 3; Nov 7; Dec 5; 1998 Jan 2; Feb 6; Mar 6; Apr 3; May 1; Jun 5",
    );
    check("1997-09-05T09:00:00", "FREQ=MONTHLY;UNTIL=19971223T190000;BYDAY=1FR", "1997 Sep 5; Oct 3; Nov 7; Dec 5");
    check(
        "1997-09-07T09:00:00",
        "FREQ=MONTHLY;INTERVAL=2;COUNT=10;BYDAY=1SU,-1SU",
        "1997 Sep 7,28; Nov 2,30; 1998 Jan 4,25; Mar 1,29; May 3,31",
    );
    check(
        "1997-09-22T09:00:00",
        "FREQ=MONTHLY;COUNT=6;BYDAY=-2MO",
        "1997 Sep 22; Oct 20; Nov 17; Dec 22; 1998 Jan 19; Feb 16",
    );
    check(
        "1997-09-28T09:00:00",
        "FREQ=MONTHLY;BYMONTHDAY=-3",
        "1997 Sep 28; Oct 29; Nov 28; Dec 29; 1998 Jan 29; Feb 26",
    );
    check(START, "FREQ=MONTHLY;COUNT=10;BYMONTHDAY=2,15", "1997 Sep 2,15; Oct 2,15; Nov 2,15; Dec 2,15; 1998 Jan 2,15");
    check(
        "1997-09-30T09:00:00",
        "FREQ=MONTHLY;COUNT=10;BYMONTHDAY=1,-1",
        "1997 Sep 30; Oct 1,31; Nov 1,30; Dec 1,31; 1998 Jan 1,31; Feb 1",
    );
    check(
        "1997-09-10T09:00:00",
        "FREQ=MONTHLY;INTERVAL=18;COUNT=10;BYMONTHDAY=10,11,12,13,14,15",
        "1997 Sep 10,11,12,13,14,15; 1999 Mar 10,11,12,13",
    );
    check(
        START,
        "FREQ=MONTHLY;INTERVAL=2;BYDAY=TU",
        "1997 Sep 2,9,16,23,30; Nov 4,11,18,25; 1998 Jan 6,13,20,27; Mar 3,10,17,24,31",
    );
    // Friday the 13th; the RFC excepts the start, which does not fit the rule.
    check(START, "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13", "1998 Feb 13; Mar 13; Nov 13; 1999 Aug 13; 2000 Oct 13");
    check(
        "1997-09-13T09:00:00",
        "FREQ=MONTHLY;BYDAY=SA;BYMONTHDAY=7,8,9,10,11,12,13",
        "1997 Sep 13; Oct 11; Nov 8; Dec 13; 1998 Jan 10; Feb 7; Mar 7; Apr 11; May 9; Jun 13",
    );
    check("1997-09-04T09:00:00", "FREQ=MONTHLY;COUNT=3;BYDAY=TU,WE,TH;BYSETPOS=3", "1997 Sep 4; Oct 7; Nov 6");
    check(
        "1997-09-29T09:00:00",
        "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2",
        "1997 Sep 29; Oct 30; Nov 27; Dec 30; 1998 Jan 29; Feb 26; Mar 30",
    );
    // A day that does not exist is passed over.
    check("2007-01-15T09:00:00", "FREQ=MONTHLY;BYMONTHDAY=15,30;COUNT=5", "2007 Jan 15,30; Feb 15; Mar 15,30");
}

#[test]
fn s9_3_yearly_examples() {
    check(
        "1997-06-10T09:00:00",
        "FREQ=YEARLY;COUNT=10;BYMONTH=6,7",
        "1997 Jun 10; Jul 10; 1998 Jun 10; Jul 10; 1999 Jun 10; Jul 10; 2000 Jun 10; Jul 10; 2001 Jun 10; Jul 10",
    );
    check(
        "1997-03-10T09:00:00",
        "FREQ=YEARLY;INTERVAL=2;COUNT=10;BYMONTH=1,2,3",
        "1997 Mar 10; 1999 Jan 10; Feb 10; Mar 10; 2001 Jan 10; Feb 10; Mar 10; 2003 Jan 10; Feb 10; Mar 10",
    );
    check(
        "1997-01-01T09:00:00",
        "FREQ=YEARLY;INTERVAL=3;COUNT=10;BYYEARDAY=1,100,200",
        "1997 Jan 1; Apr 10; Jul 19; 2000 Jan 1; Apr 9; Jul 18; 2003 Jan 1; Apr 10; Jul 19; 2006 Jan 1",
    );
    check("1997-05-19T09:00:00", "FREQ=YEARLY;BYDAY=20MO", "1997 May 19; 1998 May 18; 1999 May 17");
    check("1997-05-12T09:00:00", "FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO", "1997 May 12; 1998 May 11; 1999 May 17");
    check(
        "1997-03-13T09:00:00",
        "FREQ=YEARLY;BYMONTH=3;BYDAY=TH",
        "1997 Mar 13,20,27; 1998 Mar 5,12,19,26; 1999 Mar 4,11,18,25",
    );
    check(
        "1997-06-05T09:00:00",
        "FREQ=YEARLY;BYDAY=TH;BYMONTH=6,7,8",
        "1997 Jun 5,12,19,26; Jul 3,10,17,24,31; Aug 7,14,21,28; 1998 Jun 4,11,18,25; Jul 2,9,16,23,30; Aug 6,13,20,27",
    );
    check(
        "1996-11-05T09:00:00",
        "FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8",
        "1996 Nov 5; 2000 Nov 7; 2004 Nov 2",
    );
}

/// What python-dateutil gets wrong, by the RFC; see `tests/oracle/recurrence.py`.
#[test]
fn s9_3_weeks_at_the_end_of_a_year_and_unions_of_days() {
    // Saturday, January 1, 2022 lies in the last week of 2021, its 52nd. 2026 has a week 53.
    check("2021-12-01T09:00:00", "FREQ=YEARLY;BYWEEKNO=53;COUNT=7", "2026 Dec 28,29,30,31; 2027 Jan 1,2,3");
    check("2021-12-01T09:00:00", "FREQ=YEARLY;BYWEEKNO=52;BYDAY=SA;COUNT=3", "2022 Jan 1; Dec 31; 2023 Dec 30");
    // December 30, 2024 lies in the first week of 2025, which is the 52nd from the end.
    check("2024-12-01T09:00:00", "FREQ=YEARLY;BYWEEKNO=-52;BYDAY=MO,WE;COUNT=2", "2024 Dec 30; 2025 Jan 1");
    check("2026-04-01T09:00:00", "FREQ=MONTHLY;BYDAY=1TU,MO;COUNT=6", "2026 Apr 6,7,13,20,27; May 4");
}
