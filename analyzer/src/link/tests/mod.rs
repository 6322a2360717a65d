//! Linking of summaries written by hand, compared in text form.

mod build;
mod expansion;
mod names;
mod types;
mod values;
