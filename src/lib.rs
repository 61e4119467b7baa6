//! What the suites, benches and examples of the workflow engine share. Not published.

pub mod around;
pub mod recurring;
pub mod season;

/// The README's example, run as a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
pub struct Readme;

/// The examples of the guides, run as tests.
#[cfg(doctest)]
pub mod guides {
    #[doc = include_str!("../docs/time.md")]
    pub struct Time;
    #[doc = include_str!("../docs/series.md")]
    pub struct Series;
    #[doc = include_str!("../docs/moving-a-firm.md")]
    pub struct MovingAFirm;
    #[doc = include_str!("../docs/history.md")]
    pub struct History;
    #[doc = include_str!("../docs/measures.md")]
    pub struct Measures;
    #[doc = include_str!("../docs/explain.md")]
    pub struct Explain;
    #[doc = include_str!("../docs/export.md")]
    pub struct Export;
}
