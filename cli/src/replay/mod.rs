//! Witnesses on the real kernel.

pub mod kernel;
pub mod lane;
pub mod protocol;
pub mod remote;
