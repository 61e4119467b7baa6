//! Time as a firm counts it: open days, holidays and time zones.
//!
//! | concept | where |
//! |---|---|
//! | which days are open, adjusted, counted and added | [`BusinessCalendar`] |
//! | what a firm's settings make of it, with the firm's time zone | [`FirmCalendar`] |

mod business;
mod firm;

pub use business::{Adjustment, BusinessCalendar, EndOfMonth, NotOpen, Roll, UnknownWord};
pub use firm::FirmCalendar;
