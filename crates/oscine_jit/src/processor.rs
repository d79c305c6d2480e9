//! One running instance of a compiled program: its state, its parameters' ramps, its faults.
//!
//! While a parameter moves, the block is cut into single frames (in the block form: each block is one step): ramps
//! advance, the cells are written, `update` runs, then the frame. At rest a block is one call.

use std::any::Any;
use std::sync::Arc;
use std::sync::atomic::AtomicU32;

use oscine_dsp::{Curve, Event, Face, Fault, FaultWords, Processor, Smoother, units};
use oscine_lang::ir::{Form, ParamCells, Program, Type};

use crate::context::{Context, Entry};
use crate::machine::{Entries, Machine};
use crate::takeover::Takeover;

/// A compiled script with its own state, as a [`Processor`].
#[derive(Debug)]
pub struct ScriptProcessor {
    machine: Arc<Machine>,
    entries: Entries,
    stop: Arc<AtomicU32>,
    cells: Box<[u64]>,
    /// One for each parameter.
    smoothers: Box<[Smoother]>,
    /// Channel pointers of the present block; they mean nothing between calls.
    inputs: Box<[*const f64]>,
    outputs: Box<[*mut f64]>,
    /// Whether any smoother moves.
    moving: bool,
    /// Whether `update` has to run before the next frame.
    stale: bool,
    /// Whether a fault silenced it.
    faulted: bool,
    /// What it takes over from the instance that it replaces.
    takeover: Option<Arc<Takeover>>,
}

// SAFETY: the pointers are written at the start of each block and read by that block only; everything else is `Send`.
#[expect(unsafe_code, reason = "raw pointers are not Send")]
unsafe impl Send for ScriptProcessor {}

impl ScriptProcessor {
    pub(crate) fn new(machine: Arc<Machine>, stop: Arc<AtomicU32>) -> Self {
        let program = machine.program();
        let mut processor = Self {
            entries: machine.entries(),
            stop,
            cells: program.state.clone().into_boxed_slice(),
            smoothers: program.params.iter().map(|p| Smoother::new(p.param.default)).collect(),
            inputs: vec![std::ptr::null(); program.inputs.len()].into_boxed_slice(),
            outputs: vec![std::ptr::null_mut(); program.outputs as usize].into_boxed_slice(),
            moving: false,
            stale: true,
            faulted: false,
            takeover: None,
            machine,
        };
        processor.write_all_params();
        processor
    }

    /// The state, one word a cell.
    pub fn state(&self) -> &[u64] {
        &self.cells
    }

    /// Prepares it to replace an instance of the program that `takeover` was made for.
    pub fn prepare_takeover(&mut self, takeover: Arc<Takeover>) {
        self.takeover = Some(takeover);
    }

    fn write_all_params(&mut self) {
        for (param, smoother) in self.machine.program().params.iter().zip(&self.smoothers) {
            write_param(&mut self.cells, param, smoother.value());
        }
    }

    /// Advances the ramps by `frames` and notes whether a value changed.
    fn advance(&mut self, frames: usize) {
        if !self.moving {
            return;
        }
        self.moving = false;
        for (param, smoother) in self.machine.program().params.iter().zip(&mut self.smoothers) {
            if !smoother.is_moving() {
                continue;
            }
            let before = param.param.clamp(smoother.value());
            let value = param.param.clamp(smoother.skip(frames as u32));
            if value != before {
                write_param(&mut self.cells, param, value);
                self.stale = true;
            }
            self.moving |= smoother.is_moving();
        }
    }

    /// Runs `update` if a parameter changed since it last ran.
    fn refresh(&mut self) -> Result<(), Fault> {
        if std::mem::take(&mut self.stale)
            && let Some(update) = self.entries.update
        {
            self.run(update, 0, 0, [0; 2])?;
        }
        Ok(())
    }

    fn run(&mut self, entry: Entry, start: usize, end: usize, arguments: [u64; 2]) -> Result<(), Fault> {
        let mut context = Context {
            cells: self.cells.as_mut_ptr(),
            stop: self.stop.as_ptr().cast_const(),
            inputs: self.inputs.as_ptr(),
            outputs: self.outputs.as_ptr(),
            start: start as i64,
            end: end as i64,
            frame: start as i64,
            overflow: 0,
            fault_args: [0.0; 4],
            arguments,
        };
        // SAFETY: the code was made for this layout of the context and for a state of this many cells, and its
        // addresses stay within them (the specialiser checks every index); the channels' pointers are valid for frames
        // `start..end`; the machine, and with it the code, is alive.
        #[expect(unsafe_code, reason = "this is the call of the machine code")]
        let code = unsafe { entry(&raw mut context) };
        if code == 0 {
            return Ok(());
        }
        self.faulted = true;
        Err(Fault { site: (code - 1) as u32, args: context.fault_args, frames_done: context.frame as u32 })
    }

    fn run_frames(&mut self, frames: usize) -> Result<(), Fault> {
        let mut at = 0;
        while at < frames {
            let end = if self.moving { at + 1 } else { frames };
            self.advance(1);
            self.refresh().map_err(|fault| Fault { frames_done: at as u32, ..fault })?;
            self.run(self.entries.process, at, end, [0; 2])?;
            at = end;
        }
        Ok(())
    }

    fn run_block(
        &mut self,
        cells: (&[u32], &[u32]),
        inputs: &[&[f64]],
        outputs: &mut [&mut [f64]],
    ) -> Result<(), Fault> {
        let frames = outputs.first().map_or_else(|| inputs.first().map_or(0, |i| i.len()), |o| o.len());
        self.advance(frames);
        self.refresh()?;
        for (first, input) in cells.0.iter().zip(inputs) {
            for (cell, sample) in self.cells[*first as usize..].iter_mut().zip(*input) {
                *cell = sample.to_bits();
            }
        }
        self.run(self.entries.process, 0, frames, [0; 2]).map_err(|fault| Fault { frames_done: 0, ..fault })?;
        for (first, output) in cells.1.iter().zip(outputs) {
            for (sample, cell) in output.iter_mut().zip(&self.cells[*first as usize..]) {
                *sample = f64::from_bits(*cell);
            }
        }
        Ok(())
    }
}

impl Processor for ScriptProcessor {
    fn face(&self) -> &Face {
        self.machine.face()
    }

    fn reset(&mut self) {
        self.cells.copy_from_slice(&self.machine.program().state);
        for smoother in &mut self.smoothers {
            smoother.jump(smoother.target());
        }
        self.write_all_params();
        self.moving = false;
        self.stale = true;
        self.faulted = false;
    }

    fn set_param(&mut self, index: usize, value: f64) {
        let program = self.machine.program();
        let Some(ParamCells { param, .. }) = program.params.get(index) else { return };
        let value = param.clamp(value);
        let frames =
            if param.is_smoothed() { units::seconds_to_frames(param.smooth_seconds, program.sample_rate) } else { 0 };
        let curve = param.curve();
        if !self.smoothers[index].will_reach(value, frames) {
            self.ramp_param(index, value, frames, curve);
        }
    }

    fn ramp_param(&mut self, index: usize, value: f64, frames: u32, curve: Curve) {
        let machine = Arc::clone(&self.machine);
        let Some(param) = machine.program().params.get(index) else { return };
        let smoother = &mut self.smoothers[index];
        let before = param.param.clamp(smoother.value());
        smoother.ramp(param.param.clamp(value), frames, curve);
        self.moving |= smoother.is_moving();
        let value = param.param.clamp(smoother.value());
        if value != before {
            write_param(&mut self.cells, param, value);
            self.stale = true;
        }
    }

    fn param_target(&self, index: usize) -> f64 {
        self.smoothers.get(index).map_or(0.0, Smoother::target)
    }

    fn event(&mut self, event: Event) -> Result<(), Fault> {
        if self.faulted {
            return Ok(());
        }
        let Some(entry) = self.entries.events[event.kind() as usize] else { return Ok(()) };
        let arguments = match event {
            Event::NoteOn { note: number, velocity: value }
            | Event::ControlChange { number, value }
            | Event::PolyPressure { note: number, value } => [number as u64, value.to_bits()],
            Event::NoteOff { note: number }
            | Event::ProgramChange { number }
            | Event::SongPosition { sixteenths: number } => [number as u64, 0],
            Event::PitchBend { value } | Event::ChannelPressure { value } => [value.to_bits(), 0],
            Event::Clock | Event::ClockStart | Event::ClockStop | Event::ClockContinue => [0; 2],
        };
        self.refresh()?;
        self.run(entry, 0, 0, arguments)
    }

    fn process(&mut self, inputs: &[&[f64]], outputs: &mut [&mut [f64]]) -> Result<(), Fault> {
        if self.faulted {
            silence(outputs, 0);
            return Ok(());
        }
        let machine = Arc::clone(&self.machine);
        let result = match &machine.program().form {
            Form::Block { inputs: from, outputs: to, .. } => self.run_block((from, to), inputs, outputs),
            Form::Sample => {
                let frames = self.connect(machine.program(), inputs, outputs);
                self.run_frames(frames)
            }
        };
        if let Err(fault) = result {
            silence(outputs, fault.frames_done as usize);
        }
        result
    }

    fn take_over(&mut self, old: &dyn Processor, with_state: bool) -> bool {
        // Cloned, not taken: the plan must not be freed here.
        let Some(plan) = self.takeover.clone() else { return false };
        let Some(old) = old.as_any().and_then(|old| old.downcast_ref::<Self>()) else { return false };
        if Arc::as_ptr(&old.machine) != plan.from.as_ptr() {
            return false;
        }
        let machine = Arc::clone(&self.machine);
        for ((smoother, param), from) in self.smoothers.iter_mut().zip(&machine.program().params).zip(&plan.params) {
            let Some(from) = *from else { continue };
            *smoother = old.smoothers[from];
            let target = param.param.clamp(smoother.target());
            if target != smoother.target() {
                smoother.jump(target);
            }
        }
        self.moving = self.smoothers.iter().any(Smoother::is_moving);
        let is_whole = with_state && !old.faulted && plan.copy(&old.cells, &mut self.cells);
        self.write_all_params();
        self.stale = true;
        is_whole
    }

    fn as_any(&self) -> Option<&dyn Any> {
        Some(self)
    }

    fn fault_words(&self) -> FaultWords {
        self.machine.fault_words()
    }
}

impl ScriptProcessor {
    /// Notes where the channels are and gives their length. Channels must be all there and of one length, which the
    /// machine code relies on.
    fn connect(&mut self, program: &Program, inputs: &[&[f64]], outputs: &mut [&mut [f64]]) -> usize {
        assert_eq!(inputs.len(), program.inputs.len(), "one slice for each input");
        assert_eq!(outputs.len(), program.outputs as usize, "one slice for each output");
        let lengths = inputs.iter().map(|i| i.len()).chain(outputs.iter().map(|o| o.len()));
        let frames = lengths.min().unwrap_or(0);
        for (pointer, input) in self.inputs.iter_mut().zip(inputs) {
            *pointer = input.as_ptr();
        }
        for (pointer, output) in self.outputs.iter_mut().zip(outputs) {
            *pointer = output.as_mut_ptr();
        }
        frames
    }
}

fn write_param(cells: &mut [u64], param: &ParamCells, value: f64) {
    let word = match param.ty {
        Type::F64 => value.to_bits(),
        Type::I64 => value as i64 as u64,
        Type::Bool => u64::from(value != 0.0),
    };
    for cell in &param.cells {
        cells[*cell as usize] = word;
    }
}

fn silence(outputs: &mut [&mut [f64]], from: usize) {
    for output in outputs {
        let from = from.min(output.len());
        output[from..].fill(0.0);
    }
}
