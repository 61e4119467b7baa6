//! Time as a firm counts it: open days, holidays and time zones.
//!
//! | concept | where |
//! |---|---|
//! | which days are open, adjusted, counted and added | [`BusinessCalendar`] |
//! | holidays as documents of rules | [`HolidaySet`] |
//! | sets that every firm has | [`BuiltIn`] |
//! | what a firm's settings make of it, with the firm's time zone | [`FirmCalendar`] |

mod builtin;
mod business;
mod firm;
mod holidays;

pub use builtin::BuiltIn;
pub use business::{Adjustment, BusinessCalendar, EndOfMonth, NotOpen, Roll, UnknownWord};
pub use firm::FirmCalendar;
pub use holidays::{Holiday, HolidayDay, HolidayRule, HolidaySet, MonthDay, Observed};
