//! The command line and the session behind it: load, render, run, check.
