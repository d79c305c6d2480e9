//! Which vars need a `Variable`: those assigned more than once, and those read outside of the list of instructions
//! that assigns them, where the assignment need not dominate the use.

use oscine_lang::ir::{Function, Inst, Var};

/// For each var, whether it is more than one plain value.
pub(super) fn needs_variable(function: &Function) -> Vec<bool> {
    let mut scan = Scan {
        needed: function.vars.iter().map(|v| v.mutable).collect(),
        assigned: vec![false; function.vars.len()],
        visible: vec![false; function.vars.len()],
    };
    scan.list(&function.body);
    scan.needed
}

struct Scan {
    needed: Vec<bool>,
    assigned: Vec<bool>,
    /// Assigned in a list that encloses the present place.
    visible: Vec<bool>,
}

impl Scan {
    fn list(&mut self, list: &[Inst]) {
        let mut opened = vec![];
        for inst in list {
            inst.for_each_operand(&mut |var: Var| {
                let at = var.0 as usize;
                self.needed[at] |= !self.visible[at];
            });
            match inst {
                Inst::Let(var, _) => {
                    let at = var.0 as usize;
                    self.needed[at] |= self.assigned[at];
                    self.assigned[at] = true;
                    if !self.visible[at] {
                        self.visible[at] = true;
                        opened.push(at);
                    }
                }
                Inst::If { then, otherwise, .. } => {
                    self.list(then);
                    self.list(otherwise);
                }
                Inst::Block { body, .. } | Inst::Loop { body, .. } | Inst::Frames { body } => self.list(body),
                _ => {}
            }
        }
        for at in opened {
            self.visible[at] = false;
        }
    }
}
