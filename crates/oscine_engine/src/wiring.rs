//! How the parameters of the processor that plays are found: by ids that outlive it, and by controllers.
//!
//! A parameter's name gets an id the first time that a processor has one of that name, and no other name ever gets the
//! same. What was addressed before a reload reaches the parameter of that name after it, or none.

use std::sync::Arc;

use oscine_dsp::{Face, Param, Processor};

use crate::board::Board;
use crate::score::Controller;

/// What the audio side needs to know of one processor. Made on the control side, and freed there.
pub(crate) struct Wiring {
    board: Arc<Board>,
    /// The changes of the board that were taken.
    seen: u64,
    /// For each id, the index of the processor's parameter.
    indices: Box<[Option<usize>]>,
    /// For each of the processor's parameters, its id.
    ids: Box<[usize]>,
    /// Which parameters a controller moves.
    maps: Box<[(Controller, usize)]>,
}

impl Wiring {
    /// `names` are those of all ids; each parameter of the face is among them.
    pub(crate) fn new(names: &[String], face: &Face, maps: &[(Controller, String)]) -> Self {
        let index = |name: &str| face.params.iter().position(|param| param.name == name);
        let id = |param: &Param| names.iter().position(|name| *name == param.name).unwrap_or(0);
        let own = face.params.iter().enumerate().filter_map(|(i, p)| Some((Controller::Number(p.midi?), i)));
        let added = maps.iter().filter_map(|(from, name)| Some((*from, index(name)?)));
        Self {
            board: Arc::new(Board::new(names.len())),
            seen: 0,
            indices: names.iter().map(|name| index(name)).collect(),
            ids: face.params.iter().map(id).collect(),
            maps: own.chain(added).collect(),
        }
    }

    pub(crate) fn board(&self) -> &Arc<Board> {
        &self.board
    }

    /// The processor's parameter of that id.
    pub(crate) fn index(&self, id: usize) -> Option<usize> {
        self.indices.get(id).copied().flatten()
    }

    /// Sets what was asked for on the board.
    pub(crate) fn take_targets(&mut self, processor: &mut dyn Processor) {
        let Self { board, seen, indices, .. } = self;
        board.take(seen, |id, value| {
            if let Some(index) = indices[id] {
                processor.set_param(index, value);
                board.show(id, processor.param_target(index));
            }
        });
    }

    /// Moves what `controller` moves to `position` of its travel.
    pub(crate) fn turn(&self, controller: Controller, position: f64, processor: &mut dyn Processor) {
        for (_, index) in self.maps.iter().filter(|(from, _)| *from == controller) {
            let value = processor.face().params[*index].at_position(position);
            processor.set_param(*index, value);
            self.show(*index, processor);
        }
    }

    /// Tells on the board where a parameter is.
    pub(crate) fn show(&self, index: usize, processor: &dyn Processor) {
        self.board.show(self.ids[index], processor.param_target(index));
    }

    /// Tells on the board where all parameters are.
    pub(crate) fn show_all(&self, processor: &dyn Processor) {
        (0..self.ids.len()).for_each(|index| self.show(index, processor));
    }
}
