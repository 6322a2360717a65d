//! The command line of fsrace.
