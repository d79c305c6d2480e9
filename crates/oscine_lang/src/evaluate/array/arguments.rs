//! The arguments of a library function, by position or by name.

use crate::evaluate::exceptions::raise;
use crate::evaluate::value::{Args, Array, Dtype, Result, Value};

use super::convert::{as_float, as_index, dtype_from_value, from_value};
use super::{plain, truth};

/// Arguments in the order of the parameters.
pub(crate) struct Bound {
    name: &'static str,
    parameters: &'static [&'static str],
    values: Vec<Option<Value>>,
}

/// Gives each argument to its parameter. `name` is the function's, for messages.
pub(crate) fn bind(name: &'static str, args: Args, parameters: &'static [&'static str]) -> Result<Bound> {
    let given = args.positional.len();
    if given > parameters.len() {
        let most = parameters.len();
        let plural = if most == 1 { "" } else { "s" };
        return Err(raise(
            "TypeError",
            format!("{name}() takes from 0 to {most} positional argument{plural} but {given} were given"),
        ));
    }
    let mut values: Vec<Option<Value>> = args.positional.into_iter().map(Some).collect();
    values.resize(parameters.len(), None);
    for (keyword, value) in args.keywords {
        let Some(i) = parameters.iter().position(|p| **p == *keyword) else {
            return Err(raise("TypeError", format!("{name}() got an unexpected keyword argument '{keyword}'")));
        };
        if values[i].is_some() {
            return Err(raise("TypeError", format!("{name}() got multiple values for argument '{keyword}'")));
        }
        values[i] = Some(value);
    }
    Ok(Bound { name, parameters, values })
}

impl Bound {
    /// An argument, None counting as not given.
    pub(crate) fn optional(&self, parameter: usize) -> Option<&Value> {
        self.values[parameter].as_ref().filter(|value| !matches!(value, Value::None))
    }

    /// An argument that has to be there.
    pub(crate) fn required(&self, parameter: usize) -> Result<&Value> {
        self.values[parameter].as_ref().ok_or_else(|| {
            raise(
                "TypeError",
                format!("{}() missing 1 required positional argument: '{}'", self.name, self.parameters[parameter]),
            )
        })
    }

    /// A required argument as an array.
    pub(crate) fn array(&self, parameter: usize) -> Result<Array> {
        from_value(self.required(parameter)?, None)
    }

    /// A required argument as an array of floats.
    pub(crate) fn floats(&self, parameter: usize) -> Result<Vec<f64>> {
        Ok(self.array(parameter)?.floats())
    }

    /// A required float.
    pub(crate) fn float(&self, parameter: usize) -> Result<f64> {
        as_float(self.required(parameter)?)
    }

    /// A float, if given.
    pub(crate) fn float_or(&self, parameter: usize, default: f64) -> Result<f64> {
        self.optional(parameter).map_or(Ok(default), as_float)
    }

    /// An int, if given.
    pub(crate) fn int_or(&self, parameter: usize, default: i64) -> Result<i64> {
        self.optional(parameter).map_or(Ok(default), as_index)
    }

    /// An int, if given.
    pub(crate) fn int(&self, parameter: usize) -> Result<Option<i64>> {
        self.optional(parameter).map(as_index).transpose()
    }

    /// A truth value, if given.
    pub(crate) fn flag_or(&self, parameter: usize, default: bool) -> Result<bool> {
        match self.optional(parameter).map(plain) {
            None => Ok(default),
            Some(Value::Bool(b)) => Ok(b),
            Some(Value::Int(i)) => Ok(i != 0),
            Some(Value::Array(array)) => truth(&array),
            Some(_) => Err(raise("TypeError", format!("{}() takes a bool here", self.name))),
        }
    }

    /// A string, if given.
    pub(crate) fn text_or(&self, parameter: usize, default: &str) -> Result<String> {
        match self.optional(parameter) {
            None => Ok(default.to_owned()),
            Some(Value::Str(text)) => Ok(text.to_string()),
            Some(_) => {
                Err(raise("TypeError", format!("{}() takes a str as '{}'", self.name, self.parameters[parameter])))
            }
        }
    }

    /// A `dtype`, if given.
    pub(crate) fn dtype(&self, parameter: usize) -> Result<Option<Dtype>> {
        self.optional(parameter).map_or(Ok(None), dtype_from_value)
    }

    /// A shape: an int or a sequence of ints.
    pub(crate) fn shape(&self, parameter: usize) -> Result<Vec<usize>> {
        shape_from_value(self.required(parameter)?)
    }
}

/// A shape: an int or a sequence of ints, none of them negative.
pub(crate) fn shape_from_value(value: &Value) -> Result<Vec<usize>> {
    let lengths: Vec<Value> = match plain(value) {
        Value::Tuple(items) => items.to_vec(),
        Value::List(items) => items.0.borrow().clone(),
        Value::Array(array) => super::rows(&array),
        one => vec![one],
    };
    let mut shape = vec![];
    for length in &lengths {
        let length = as_index(length)?;
        let length = usize::try_from(length).map_err(|_| raise("ValueError", "negative dimensions are not allowed"))?;
        shape.push(length);
    }
    super::view::check_size(&shape)?;
    Ok(shape)
}
