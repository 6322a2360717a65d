//! `fsrace`.

fn main() {}
