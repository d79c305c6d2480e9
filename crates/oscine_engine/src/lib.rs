//! Devices, the audio callback, files, faults and statistics.
