//! What `oscine realtime` measures: series of callbacks, and the tables and plots that are made of them.
//!
//! The table is that of De Pra and Fontana, "Programming Real-Time Sound in Python" (Applied Sciences 10, 2020), Table 3,
//! and the plot their Figure 2: the time in which the audio thread waits for its next callback (*idle*), the time in which
//! it computes (*processing*), and their sum, which is the time from one callback to the next.

pub mod csv;
pub mod loads;
pub mod plot;
pub mod report;
pub mod series;
