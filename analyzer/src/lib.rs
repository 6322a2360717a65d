//! The analysis behind fsrace.
//!
//! ```text
//! source text --lower--> flow summaries --link--> program --(rules)--> candidates --explore--> verdicts
//! ```
//!
//! The analyzer reads text that it is given, touches no disk, clock or environment, and cannot fail: it returns summaries and
//! the syntax errors it met.

pub mod explore;
pub mod flow;
pub mod language;
pub mod link;
pub mod qualified;
pub mod source;

pub use language::{lower, lower_without_tests};
pub use link::link;
