use super::calls::CallArgs;
use super::heap::StorageId;
use super::kind::Val;
use super::memory::Target;
use super::{Told, Walk, Walker};
use crate::evaluate::value::Dtype;
use crate::ir::Operand;
use crate::library::Audio;
use crate::syntax::ast::{BinOp, CmpOp, UnaryOp};
impl Walker<'_> {
    pub(crate) fn array_binary(&mut self, _op: BinOp, _l: &Val, _r: &Val) -> Walk<Val> {
        Err(Told)
    }
    pub(crate) fn array_unary(&mut self, _op: UnaryOp, _l: &Val) -> Walk<Val> {
        Err(Told)
    }
    pub(crate) fn array_compare(&mut self, _op: CmpOp, _l: &Val, _r: &Val) -> Walk<Val> {
        Err(Told)
    }
    pub(crate) fn in_place(&mut self, _op: BinOp, _l: &Val, _r: &Val) -> Walk<bool> {
        Ok(false)
    }
    pub(crate) fn array_item(&mut self, _l: &Val, _r: &Val) -> Walk<Val> {
        Err(Told)
    }
    pub(crate) fn set_array_item(&mut self, _l: &Val, _r: &Val, _v: &Val) -> Walk<()> {
        Err(Told)
    }
    pub(crate) fn cast(&mut self, v: &Val, _d: Dtype) -> Walk<Val> {
        Ok(v.clone())
    }
    pub(crate) fn copy_elements(&mut self, _v: &Val, _f: &[StorageId], _t: &Target) {}
    pub(crate) fn array_row(&mut self, _l: &Val, _r: Operand) -> Walk<Val> {
        Err(Told)
    }
    pub(crate) fn array_attribute(&mut self, _l: &Val, _n: &str) -> Walk<Option<Val>> {
        Err(Told)
    }
    pub(crate) fn array_method(&mut self, _l: &Val, _n: &str, _a: &CallArgs) -> Walk<Option<Val>> {
        Err(Told)
    }
    pub(crate) fn numpy_call(&mut self, _n: &str, _a: Audio, _b: &CallArgs) -> Walk<Option<Val>> {
        Err(Told)
    }
    pub(crate) fn signal_call(&mut self, _n: &str, _b: &CallArgs) -> Walk<Option<Val>> {
        Err(Told)
    }
}
