//! `make loom`: each model is run in every order of its steps.

#[test]
fn the_last_target_of_each_writer_arrives() {
    oscine_models::the_last_target_of_each_writer_arrives();
}

#[test]
fn two_writers_of_one_target() {
    oscine_models::two_writers_of_one_target();
}

#[test]
fn a_read_back_never_goes_back() {
    oscine_models::a_read_back_never_goes_back();
}

#[test]
fn a_flag_hits_only_the_block_that_it_was_meant_for() {
    oscine_models::a_flag_hits_only_the_block_that_it_was_meant_for();
}

#[test]
fn a_late_flag_is_taken_down() {
    oscine_models::a_late_flag_is_taken_down();
}
