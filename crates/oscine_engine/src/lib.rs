//! Devices, the audio callback, files, faults and statistics.

pub mod files;
