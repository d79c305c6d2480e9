//! `scipy.signal.butter` at audio time: order and kind are constants, the edges may move.

use crate::diagnostics::errors;
use crate::evaluate::value::Dtype;
use crate::ir::{Compare, FloatBinary, IntBinary, MessagePart, Operand, Routine, Type};

use crate::specialise::calls::CallArgs;
use crate::specialise::emit::FaultText;
use crate::specialise::kind::Val;
use crate::specialise::ndarray::View;
use crate::specialise::{Walk, Walker};

impl Walker<'_> {
    /// `butter(N, Wn, btype, fs=..., output=...)`: order and type are constants, the edges may move.
    pub(super) fn butter(&mut self, args: &CallArgs) -> Walk<Val> {
        let span = self.span;
        let varying =
            |what: &str| errors::not_in_process(span, &format!("a Butterworth filter whose {what} is not a constant"));
        let given = self.bound("butter", args, &["N", "Wn", "btype", "analog", "output", "fs"], 2)?;
        let order = self.needed(given[0].as_ref(), "N")?;
        let Some(order) = order.as_int() else { return self.refuse(varying("order")) };
        if !(1..=12).contains(&order) {
            let words = format!("order must be an int from 1 to 12, not {order}");
            return self.refuse(errors::wrong_arguments(span, &words));
        }
        let text = |walker: &mut Self, index: usize, key: &str, default: &str| match &given[index] {
            None => Ok(default.to_owned()),
            Some(value) => match value.as_str() {
                Some(text) => Ok(text.to_lowercase()),
                None => walker.refuse(varying(key)),
            },
        };
        if let Some(analog) = &given[3]
            && self.truth(analog)? != Operand::Bool(false)
        {
            return self.refuse(errors::not_in_process(span, "the design of an analogue filter"));
        }
        let band = text(self, 2, "btype", "low")?;
        let output = text(self, 4, "output", "ba")?;
        let (kind, has_two_edges) = match &*band {
            "low" | "lowpass" | "l" | "lp" => (0, false),
            "high" | "highpass" | "h" | "hp" => (1, false),
            "band" | "bandpass" | "pass" | "bp" => (2, true),
            "bandstop" | "stop" | "bands" | "bs" => (3, true),
            _ => {
                let words = format!("'{band}' is an invalid bandtype for filter.");
                return self.refuse(errors::wrong_arguments(span, &words));
            }
        };
        let edges = self.needed(given[1].as_ref(), "Wn")?;
        let edges = if edges.kind.is_number() { vec![edges] } else { self.items_of(&edges)? };
        if edges.len() != if has_two_edges { 2 } else { 1 } {
            let words = if has_two_edges {
                "Wn must specify start and stop frequencies for a bandpass or bandstop filter"
            } else {
                "Must specify a single critical frequency Wn for lowpass or highpass filter"
            };
            return self.refuse(errors::wrong_arguments(span, words));
        }
        let rate = match &given[5] {
            Some(rate) => Some(self.float_of(rate, "butter()")?),
            None => None,
        };
        let mut normal = vec![];
        for edge in &edges {
            let edge = self.float_of(edge, "butter()")?;
            normal.push(match rate {
                Some(rate) => {
                    let half = self.float_op(FloatBinary::Div, rate, Operand::F64(2.0));
                    self.float_op(FloatBinary::Div, edge, half)
                }
                None => edge,
            });
        }
        self.check_edges(&normal, rate)?;
        let poles = if has_two_edges { 2 * order } else { order };
        let (low, high) = (normal[0], *normal.last().unwrap_or(&normal[0]));
        if output == "sos" {
            let sections = (poles + 1) / 2;
            let sos = self.new_array(Dtype::Float, &[sections, 6]);
            self.design(kind, order, low, high, 1, &sos);
            return Ok(sos.val());
        }
        if output != "ba" && output != "zpk" {
            let words = format!("'{output}' is not a valid output form.");
            return self.refuse(errors::wrong_arguments(span, &words));
        }
        if output == "zpk" {
            return self.refuse(errors::not_in_process(span, "a Butterworth filter given as zeros and poles"));
        }
        let both = self.new_array(Dtype::Float, &[2 * (poles + 1)]);
        self.design(kind, order, low, high, 0, &both);
        let side = Operand::I64(poles + 1);
        let b = View { dims: vec![side], ..both.clone() };
        let address = self.emit.index_binary(IntBinary::Add, both.address, side);
        let a = View { address, ..b.clone() };
        Ok(Val::tuple(vec![b.val(), a.val()]))
    }

    fn design(&mut self, kind: i64, order: i64, low: Operand, high: Operand, form: i64, out: &View) {
        let ranges = self.heap.storage_ranges(&out.storages.clone());
        let extent = self.emit.extent(ranges);
        let args =
            vec![Operand::I64(kind), Operand::I64(order), low, high, Operand::I64(form), out.address, out.address];
        self.emit.routine(Routine::Butter, Type::I64, args, vec![extent], None);
    }

    /// scipy's demands on the edges, in its order.
    fn check_edges(&mut self, edges: &[Operand], rate: Option<Operand>) -> Walk<()> {
        for edge in edges {
            let is_low = self.emit.float_compare(Compare::Le, *edge, Operand::F64(0.0));
            self.demand_not(is_low, "filter critical frequencies must be greater than 0")?;
        }
        if let [low, high] = edges {
            let is_ordered = self.emit.float_compare(Compare::Lt, *low, *high);
            let is_not = self.emit.not(is_ordered);
            self.demand_not(is_not, "Wn[0] must be less than Wn[1]")?;
        }
        for edge in edges {
            let is_below = self.emit.float_compare(Compare::Lt, *edge, Operand::F64(1.0));
            let is_not = self.emit.not(is_below);
            let words = "Digital filter critical frequencies must be 0 < Wn < ";
            let text = match rate {
                None => FaultText::new("ValueError", &format!("{words}1")),
                Some(_) => FaultText {
                    exception: "ValueError".to_owned(),
                    message: vec![
                        MessagePart::Text(format!("{words}fs/2 (fs=")),
                        MessagePart::Float,
                        MessagePart::Text(" -> fs/2=".to_owned()),
                        MessagePart::Float,
                        MessagePart::Text(")".to_owned()),
                    ],
                },
            };
            let values = match rate {
                None => vec![],
                Some(rate) => vec![rate, self.float_op(FloatBinary::Div, rate, Operand::F64(2.0))],
            };
            let short = format!("{words}{}", if rate.is_some() { "fs/2" } else { "1" });
            self.demand_not_text(is_not, text, &short, &values)?;
        }
        Ok(())
    }
}
