//! Imports: modules of the library, some of them written in Python, and files beside the script.
//!
//! A library module comes before a file of the same name only where the file does not exist, as a script's folder comes
//! first on CPython's path; but for `oscine`, `numpy` and the rest of the library that no file may replace by accident,
//! the library comes first. A file runs once, under its dotted name; a folder with or without `__init__.py` is a package.

use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::Interpreter;
use super::cycles;
use super::environment::Env;
use super::exceptions::{raise, raise_with};
use super::statements::place;
use super::value::{Module, Name, Namespace, Result, Value};
use crate::library;
use crate::source::FileId;
use crate::syntax::{self, ast::Alias};

impl Interpreter<'_> {
    /// `import a.b as c, d`
    pub(crate) fn import_names(&mut self, names: &[Alias], env: &Env) -> Result<()> {
        for alias in names {
            let module = place(self.import(&alias.name), alias.span)?;
            match (&alias.asname, alias.name.split_once('.')) {
                (Some(name), _) => env.set(name, Value::Module(module)),
                (None, Some((package, _))) => {
                    let package = place(self.import(package), alias.span)?;
                    env.set(&package.name.clone(), Value::Module(package));
                }
                (None, None) => env.set(&alias.name, Value::Module(module)),
            }
        }
        Ok(())
    }

    /// `from module import a as b`
    pub(crate) fn import_from(&mut self, module: Option<&str>, names: &[Alias], level: u32, env: &Env) -> Result<()> {
        let path = match level {
            // It changes how annotations are read, and oscine does not evaluate them at all.
            0 if module == Some("__future__") => return Ok(()),
            0 => module.unwrap_or("").to_owned(),
            _ => self.relative(module, level, env)?,
        };
        let source = self.import(&path)?;
        for alias in names {
            if &*alias.name == "*" {
                self.import_all(&source, env)?;
                continue;
            }
            let found = match source.globals.get(&alias.name) {
                Some(found) => Some(found),
                None if source.file.is_some() || self.folders.contains_key(&*path) => {
                    self.import_if_there(&format!("{path}.{}", alias.name))?.map(Value::Module)
                }
                None => self.written(&source, &alias.name)?,
            };
            let Some(value) = found else {
                let words = format!("cannot import name '{}' from '{path}'", alias.name);
                let place_words = match source.file {
                    Some(file) => format!(" ({})", self.sources.file(file).path.display()),
                    None if library::module(&path).is_some() || library::written::module(&path).is_some() => {
                        " (oscine's library)".to_owned()
                    }
                    None => String::new(),
                };
                return place(Err(raise("ImportError", words + &place_words)), alias.span);
            };
            env.set(alias.asname.as_ref().unwrap_or(&alias.name), value);
        }
        Ok(())
    }

    fn import_all(&mut self, source: &Rc<Module>, env: &Env) -> Result<()> {
        let names: Vec<Name> = match source.globals.get("__all__") {
            Some(listed) => self.list_of(&listed)?.iter().filter_map(|name| name.as_str().cloned()).collect(),
            None => {
                let globals = source.globals.0.borrow();
                let own = globals.keys().filter(|name| !name.starts_with('_')).cloned();
                own.chain(library::written::offers(&source.name).map(Name::from)).collect()
            }
        };
        for name in names {
            let value = self.get_attribute(&Value::Module(source.clone()), &name)?;
            env.set(&name, value);
        }
        Ok(())
    }

    /// The dotted name that a relative import means.
    fn relative(&mut self, module: Option<&str>, level: u32, env: &Env) -> Result<String> {
        let here = env.module.name.clone();
        let mut parts: Vec<&str> = here.split('.').collect();
        // A package's own file is one level inside it.
        let up = level as usize - usize::from(self.folders.contains_key(&*here));
        if up >= parts.len() {
            return Err(raise("ImportError", "attempted relative import with no known parent package"));
        }
        parts.truncate(parts.len() - up);
        parts.extend(module);
        Ok(parts.join("."))
    }

    /// The module of that dotted name, its packages first.
    pub(crate) fn import(&mut self, path: &str) -> Result<Rc<Module>> {
        match self.import_if_there(path)? {
            Some(module) => Ok(module),
            None => Err(raise_with("ModuleNotFoundError", vec![Value::Str(Name::from(self.not_found(path)))])),
        }
    }

    fn not_found(&self, path: &str) -> String {
        let root = path.split('.').next().unwrap_or(path);
        let known = self.modules.contains_key(root);
        let missing = if known { path } else { root };
        let package =
            if known && root != path { format!("; '{root}' has no module of that name here") } else { String::new() };
        format!("No module named '{missing}'{package}")
    }

    fn import_if_there(&mut self, path: &str) -> Result<Option<Rc<Module>>> {
        if let Some(module) = self.modules.get(path) {
            return Ok(Some(module.clone()));
        }
        let (parent, name) = match path.rsplit_once('.') {
            Some((parent, name)) => match self.import_if_there(parent)? {
                Some(parent) => (Some(parent), name),
                None => return Ok(None),
            },
            None => (None, path),
        };
        let folder = match &parent {
            None => self.root.clone(),
            Some(parent) => {
                let Some(folder) = self.folders.get(&*parent.name) else {
                    // A module of the library inside another one.
                    if let Some(Value::Module(inner)) = parent.globals.get(name) {
                        self.modules.insert(path.to_owned(), inner.clone());
                        return Ok(Some(inner));
                    }
                    let Some(written) = library::written::module(path) else { return Ok(None) };
                    let module = self.run_written(written)?;
                    parent.globals.set(Name::from(name), Value::Module(module.clone()));
                    return Ok(Some(module));
                };
                folder.clone()
            }
        };
        if parent.is_none()
            && let Some(module) = self.library_module(path)
        {
            return Ok(Some(module));
        }
        let module = match self.find_file(&folder, name, path) {
            Some(file) => self.run_file(&file, path)?,
            None if folder.join(name).is_dir() => {
                self.folders.insert(path.to_owned(), folder.join(name));
                let module = new_module(path, None);
                self.modules.insert(path.to_owned(), module.clone());
                module
            }
            None => return Ok(None),
        };
        if let Some(parent) = parent {
            parent.globals.set(Name::from(name), Value::Module(module.clone()));
        }
        Ok(Some(module))
    }

    /// What a module of the library has of that name by way of a module written in Python.
    pub(crate) fn written(&mut self, owner: &Rc<Module>, name: &str) -> Result<Option<Value>> {
        if owner.file.is_some() {
            return Ok(None);
        }
        let found = if let Some(written) = library::written::offering(&owner.name, name) {
            self.import(written.name)?.globals.get(name)
        } else if library::written::module(&format!("{}.{name}", owner.name)).is_some() {
            Some(Value::Module(self.import(&format!("{}.{name}", owner.name))?))
        } else {
            None
        };
        if let Some(found) = &found {
            owner.globals.set(Name::from(name), found.clone());
        }
        Ok(found)
    }

    fn library_module(&mut self, path: &str) -> Option<Rc<Module>> {
        let module = library::module(path)?;
        library::configure(&module, self);
        self.modules.insert(path.to_owned(), module.clone());
        Some(module)
    }

    fn find_file(&mut self, folder: &Path, name: &str, path: &str) -> Option<PathBuf> {
        let package = folder.join(name).join("__init__.py");
        if package.is_file() {
            self.folders.insert(path.to_owned(), folder.join(name));
            return Some(package);
        }
        let file = folder.join(format!("{name}.py"));
        file.is_file().then_some(file)
    }

    fn run_file(&mut self, file: &Path, path: &str) -> Result<Rc<Module>> {
        let text = std::fs::read_to_string(file)
            .map_err(|error| raise("ImportError", format!("cannot read {}: {error}", file.display())))?;
        let id = self.sources.add(file, text);
        self.run_source(id, path)
    }

    fn run_written(&mut self, written: &library::written::Written) -> Result<Rc<Module>> {
        if written.text.is_empty() {
            let module = new_module(written.name, None);
            self.modules.insert(written.name.to_owned(), module.clone());
            return Ok(module);
        }
        let id = self.sources.add_library(written.name, written.text);
        self.run_source(id, written.name)
    }

    fn run_source(&mut self, id: FileId, path: &str) -> Result<Rc<Module>> {
        let tree = match syntax::parse(&self.sources, id) {
            Ok(tree) => tree,
            Err(diagnostics) => {
                // They say more than an exception could, and are told in its place.
                let words = diagnostics.first().map_or(String::new(), |first| first.message.clone());
                self.syntax_errors.extend(diagnostics);
                return Err(raise("SyntaxError", words));
            }
        };
        let module = new_module(path, Some(id));
        self.modules.insert(path.to_owned(), module.clone());
        let env = Env::of_module(&module);
        if let Err(mut raised) = self.run_body(&tree.body, &env) {
            self.modules.remove(path);
            raised.is_unplaced = true;
            return Err(raised);
        }
        Ok(module)
    }
}

/// An empty module with its name.
pub(crate) fn new_module(path: &str, file: Option<FileId>) -> Rc<Module> {
    let globals = Namespace::default();
    globals.set(Name::from("__name__"), Value::Str(Name::from(path)));
    globals.set(Name::from("__doc__"), Value::None);
    let module = Rc::new(Module { name: Name::from(path), globals, file });
    cycles::note_module(&module);
    module
}
