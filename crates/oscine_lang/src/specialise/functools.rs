//! `functools` and `operator` while sound runs: partial functions, folds, and functions that remember, which here
//! compute again.

use crate::evaluate::value::Name;
use crate::ir::Operand;
use crate::syntax::ast::{BinOp, CmpOp, UnaryOp};

use super::calls::CallArgs;
use super::emit::FaultText;
use super::iterate::Counted;
use super::kind::Val;
use super::{Told, Walk, Walker};

impl Walker<'_> {
    /// A function of `functools`; `None` if it runs at load time only.
    pub(crate) fn functools_call(&mut self, name: &str, args: &CallArgs) -> Walk<Option<Val>> {
        match name {
            "partial call" => self.partial_call(args).map(Some),
            "reduce" => self.reduce(args).map(Some),
            "lru_cache call" => {
                // The function, what it remembers, and what it is given.
                let function = self.argument(name, args, 0)?;
                let given = args.positional.get(2..).unwrap_or_default().to_vec();
                self.call(&function, CallArgs { positional: given, keywords: args.keywords.clone() }).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// An operator as a function; `None` if it runs at load time only.
    pub(crate) fn operator_call(&mut self, name: &str, args: &CallArgs) -> Walk<Option<Val>> {
        let binary = match name {
            "add" => BinOp::Add,
            "sub" => BinOp::Sub,
            "mul" => BinOp::Mul,
            "truediv" => BinOp::Div,
            "floordiv" => BinOp::FloorDiv,
            "mod" => BinOp::Mod,
            "pow" => BinOp::Pow,
            "and_" => BinOp::BitAnd,
            "or_" => BinOp::BitOr,
            "xor" => BinOp::BitXor,
            "lshift" => BinOp::LShift,
            "rshift" => BinOp::RShift,
            _ => return self.comparison_call(name, args),
        };
        let (left, right) = (self.argument(name, args, 0)?, self.argument(name, args, 1)?);
        self.binary(binary, &left, &right).map(Some)
    }

    fn comparison_call(&mut self, name: &str, args: &CallArgs) -> Walk<Option<Val>> {
        let comparison = match name {
            "lt" => CmpOp::Lt,
            "le" => CmpOp::Le,
            "gt" => CmpOp::Gt,
            "ge" => CmpOp::Ge,
            "eq" => CmpOp::Eq,
            "ne" => CmpOp::Ne,
            "neg" => {
                let operand = self.argument(name, args, 0)?;
                return self.unary(UnaryOp::Neg, &operand).map(Some);
            }
            _ => return Ok(None),
        };
        let (left, right) = (self.argument(name, args, 0)?, self.argument(name, args, 1)?);
        self.compare(comparison, &left, &right).map(Some)
    }

    fn partial_call(&mut self, args: &CallArgs) -> Walk<Val> {
        let [function, first, named, rest @ ..] = &args.positional[..] else { return Err(Told) };
        let mut positional = first.items().unwrap_or_default();
        positional.extend_from_slice(rest);
        let mut keywords: Vec<(Name, Val)> = self.named_items(named)?;
        keywords.retain(|(name, _)| !args.keywords.iter().any(|(given, _)| given == name));
        keywords.extend(args.keywords.iter().cloned());
        self.call(function, CallArgs { positional, keywords })
    }

    fn reduce(&mut self, args: &CallArgs) -> Walk<Val> {
        let (function, items) = (self.argument("reduce", args, 0)?, self.argument("reduce", args, 1)?);
        let step = &mut |walker: &mut Self, present: Val, item: Val| -> Walk<Val> {
            walker.call(&function, CallArgs::new(vec![present, item]))
        };
        if let Some(start) = args.positional.get(2) {
            return self.fold(&items, start.clone(), step);
        }
        let counted: Counted = self.counted(&items)?;
        let is_empty = self.emit.int_compare(crate::ir::Compare::Le, counted.length, Operand::I64(0));
        let words = "reduce() of empty iterable with no initial value";
        self.fault_if(is_empty, FaultText::new("TypeError", words), &[]);
        if !self.is_alive {
            return Err(Told);
        }
        let first = self.element_of(&counted.elements, Operand::I64(0))?;
        self.fold_rest(counted, first, step)
    }
}
