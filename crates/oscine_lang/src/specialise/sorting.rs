//! `sorted` and `list.sort` of a few elements: insertion by exchanges of neighbours, which are stable as Python's sort is.
//!
//! The network is of quadratic size, so that it suits what sound sorts, the last few samples of a median filter.

use crate::diagnostics::errors;
use crate::ir::Operand;
use crate::syntax::ast::CmpOp;

use super::calls::CallArgs;
use super::kind::{Flavour, Kind, Val};
use super::{Told, Walk, Walker};

/// More elements than this would take too many exchanges.
const MOST_SORTED: usize = 32;

impl Walker<'_> {
    /// `sorted(items, key=None, reverse=False)`
    pub(crate) fn sorted(&mut self, args: &CallArgs) -> Walk<Val> {
        let items = self.argument("sorted", args, 0)?;
        let items = self.items_of(&items)?;
        let items = self.in_order(items, args)?;
        self.new_list(&items)
    }

    /// `list.sort(key=None, reverse=False)`
    pub(crate) fn sort_list(&mut self, list: &Val, args: &CallArgs) -> Walk<()> {
        let Kind::Seq(seq) = &list.kind else { return Err(Told) };
        let storages = seq.storages.clone();
        let items = self.items_of(list)?;
        let items = self.in_order(items, args)?;
        for (i, item) in items.iter().enumerate() {
            self.store_element(Flavour::List, &storages, list.op(), Operand::I64(i as i64), item)?;
        }
        Ok(())
    }

    fn in_order(&mut self, items: Vec<Val>, args: &CallArgs) -> Walk<Vec<Val>> {
        let span = self.span;
        if items.len() > MOST_SORTED {
            return self.refuse(errors::not_in_process(span, "sorting more than 32 elements"));
        }
        let named =
            |name: &str| args.keywords.iter().find(|(known, _)| &**known == name).map(|(_, value)| value.clone());
        let key = named("key").filter(|key| !key.is_none());
        let op = match named("reverse").map(|reverse| self.truth(&reverse)).transpose()? {
            None | Some(Operand::Bool(false)) => CmpOp::Lt,
            Some(Operand::Bool(true)) => CmpOp::Gt,
            Some(_) => return self.refuse(errors::not_in_process(span, "sorting in an order that is not a constant")),
        };
        let mut pairs = vec![];
        for item in items {
            let by = match &key {
                Some(key) => self.call(key, CallArgs::new(vec![item.clone()]))?,
                None => item.clone(),
            };
            pairs.push(Val::tuple(vec![by, item]));
        }
        for end in 1..pairs.len() {
            for at in (0..end).rev() {
                let (low, high) = (pairs[at].clone(), pairs[at + 1].clone());
                let (Some(a), Some(b)) = (low.items(), high.items()) else { return Err(Told) };
                let is_wrong = self.compare(op, &b[0], &a[0])?;
                let is_wrong = self.truth(&is_wrong)?;
                let both = |first: &Val, second: &Val| Val::tuple(vec![first.clone(), second.clone()]);
                let (exchanged, kept) = (both(&high, &low), both(&low, &high));
                let result = self.branch(is_wrong, |_| Ok(exchanged), |_| Ok(kept))?;
                let Some(result) = result.items() else {
                    let (a, b) = (a[1].kind.type_name(), b[1].kind.type_name());
                    return self.refuse(errors::two_types(span, "the element to sort", &a, &b));
                };
                pairs[at] = result[0].clone();
                pairs[at + 1] = result[1].clone();
            }
        }
        Ok(pairs.into_iter().filter_map(|pair| pair.items()?.pop()).collect())
    }
}
