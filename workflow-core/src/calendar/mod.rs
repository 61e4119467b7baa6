//! Time as a firm counts it: open days, holidays and time zones.
//!
//! | concept | where |
//! |---|---|
//! | which days are open, adjusted, counted and added | [`BusinessCalendar`] |
//! | holidays as documents of rules | [`HolidaySet`] |
//! | holidays from iCalendar files | [`HolidaySet::from_ics`] |
//! | sets that every firm has | [`BuiltIn`] |
//! | civil dates and instants in a time zone | [`Zone`] |
//! | durations in business hours | [`BusinessTime`] |
//! | what a firm's settings make of it, with the firm's time zone | [`FirmCalendar`] |

mod builtin;
mod business;
mod business_time;
mod firm;
mod holidays;
mod hours;
mod ics;
mod settings;
mod span;
mod zone;

pub use builtin::BuiltIn;
pub use business::{Adjustment, BusinessCalendar, EndOfMonth, NotOpen, Roll, UnknownWord};
pub use business_time::BusinessTime;
pub use firm::FirmCalendar;
pub use holidays::{Holiday, HolidayDay, HolidayRule, HolidaySet, MonthDay, Observed};
pub use hours::{BusinessHours, HoursSpan, InvalidHours};
pub use ics::ImportedHolidays;
pub use settings::CalendarDefinition;
pub use zone::{UnknownZone, Zone};
