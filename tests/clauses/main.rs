//! What the engine does, clause by clause. Tests are named after the clause they prove.

mod crowd;
mod kit;
mod s10_outbox;
mod s11_preview;
mod s11_queries;
mod s11_views;
mod s12_bounds;
mod s12_errors;
mod s12_limits;
mod s1_words;
mod s2_pipelines;
mod s3_stages;
mod s4_automove;
mod s5_actions;
mod s5_cascade;
mod s5_conditions;
mod s5_loops;
mod s5_time;
mod s5_triggers;
mod s6_bulk;
mod s6_dependencies;
mod s6_jobs;
mod s6_templates;
mod s7_tasks;
mod s8_items;
mod s9_series;
