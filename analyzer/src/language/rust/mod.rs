//! Rust, on syn 3.

mod calls;
mod channels;
mod combinators;
mod command;
mod decisions;
mod expr;
mod iterators;
mod library;
mod lower;
mod macros;
mod memory;
mod methods;
mod modes;
mod names;
mod nesting;
mod patterns;
mod position;
mod render;
mod settled;
mod spans;
mod status;
mod test_code;
mod trim;
mod types;
mod value;
mod words;

pub use render::render;
pub use test_code::is_target;
pub use words::{may_act, prepare};

use crate::flow::{
    ConstantDeclaration, Context, FileSummary, FlowSummary, Implementation, Import, Kept, Parameter, Place,
    PlaceKind, ResultId, StaticDeclaration, TypeDeclaration,
};
use crate::language::Tests;
use crate::language::models::Models;
use crate::language::steps::{are_worth_keeping, is_worth_keeping};
use crate::qualified;
use crate::source::{SourceFile, Span, SyntaxError};
use lower::{FileScope, Lowerer};
use names::Names;
use rustc_hash::{FxHashMap, FxHashSet};
use spans::Spans;
use std::cell::OnceCell;
use std::rc::Rc;
use syn::{FnArg, ImplItem, Item, ReturnType, Signature, TraitItem, Type, Visibility};
use test_code::{are_registering, file_context, is_test, is_test_module};
pub use trim::test_modules;
use trim::trimmed;
use types::{Ty, Types};
use value::{V, Val};

/// Lowers one Rust file, with or without its modules of tests.
pub fn lower(file: &SourceFile, tests: Tests) -> FileSummary {
    let module = names::module_of(file);
    let mut summary = FileSummary { path: file.path.clone(), module, ..FileSummary::default() };
    // Spans are offsets into the text that was parsed: the parser drops a byte order mark, so it is cut before.
    let (text, skipped) = match file.text.strip_prefix('\u{feff}') {
        Some(rest) => (rest, 3),
        None => (file.text.as_str(), 0),
    };
    let text = trimmed(text, tests);
    match nesting::too_deep(&text).map_or_else(|| syn::parse_file(&text).map_err(syntax_error), Err) {
        Ok(parsed) => lower_file(file, &Spans::new(&text), &parsed, &mut summary),
        Err(error) => summary.errors.push(error),
    }
    // The parser keeps each file's text for its spans; ours are taken by now.
    proc_macro2::extra::invalidate_current_thread_spans();
    if skipped > 0 {
        shift(&mut summary, skipped);
    }
    summary
}

fn syntax_error(error: syn::Error) -> SyntaxError {
    let message = error.to_string().lines().next().unwrap_or_default().to_owned();
    let range = error.span().byte_range();
    SyntaxError { span: Span::new(range.start, range.end), message }
}

fn shift(summary: &mut FileSummary, by: u32) {
    let moved = |s: &mut Span| {
        s.start = s.start.saturating_add(by);
        s.end = s.end.saturating_add(by);
    };
    for function in &mut summary.functions {
        moved(&mut function.span);
        moved(&mut function.name_span);
        function.sites.iter_mut().for_each(moved);
    }
    summary.errors.iter_mut().for_each(|e| moved(&mut e.span));
}

fn lower_file(file: &SourceFile, spans: &Spans<'_>, parsed: &syn::File, summary: &mut FileSummary) {
    let (names, imports) = Names::collect(&summary.module, &parsed.items);
    summary.imports = imports;
    let context = file_context(&file.path, file.package.as_ref(), &parsed.attrs);
    let models = Models::rust();
    let own_crate = summary.module.split("::").next().map(str::to_owned);
    let succeeding = OnceCell::new();
    let mut declared = Declared::default();
    {
        let empty = Declared::default();
        let scope = FileScope {
            models,
            spans,
            names: &names,
            fields: &empty.fields,
            of_any: &empty.of_any,
            returns: &empty.returns,
            statics: &empty.statics,
            numbers: &empty.numbers,
            text: &file.text,
            succeeding: &succeeding,
            own_crate: own_crate.as_deref(),
        };
        declared.items(&scope, &summary.module, &parsed.items, 0);
    }
    for ((owner, field), ty) in &declared.fields {
        let mut fields = vec![(field.clone(), ty_name(ty))];
        if let Ty::Sequence(of) = ty.payload()
            && of.name().is_some()
        {
            fields.push((qualified::element(field), ty_name(&of)));
        }
        match summary.types.iter_mut().find(|t| t.name == *owner) {
            Some(t) => t.fields.extend(fields),
            None => {
                summary.types.push(TypeDeclaration { name: owner.clone(), fields, embedded: Vec::new() });
            }
        }
    }
    for (module, name, ty) in declared.aliases.drain(..) {
        if let Some(target) = ty.name().filter(|of| of.contains("::") && !of.starts_with("std::")) {
            summary.imports.push(Import { module, name, target: target.to_owned(), public: true });
        }
    }
    let returns = declared.returns.iter().map(|(name, ty)| (name.clone(), ty_name(ty)));
    summary.returns = returns.filter(|(_, of)| of.contains("::") && !of.starts_with("std::")).collect();
    summary.returns.sort();
    summary.kept.extend(declared.filled_in.drain(..).map(|(owner, field)| Kept::from_outside(owner, field)));
    let statics = declared.statics.iter();
    let statics = statics.map(|(name, ty)| StaticDeclaration { name: name.clone(), type_name: ty_name(ty) });
    summary.statics = statics.filter(|s| !s.type_name.is_empty()).collect();
    summary.statics.sort();
    summary.types.sort_by(|a, b| a.name.cmp(&b.name));
    summary.types.iter_mut().for_each(|t| t.fields.sort());
    let scope = FileScope {
        models,
        spans,
        names: &names,
        fields: &declared.fields,
        of_any: &declared.of_any,
        returns: &declared.returns,
        statics: &declared.statics,
        numbers: &declared.numbers,
        text: &file.text,
        succeeding: &succeeding,
        own_crate: own_crate.as_deref(),
    };
    if expr::is_cfg_out(&parsed.attrs) {
        return;
    }
    let module = summary.module.clone();
    let mut walker = Walker { scope: &scope, summary };
    walker.items(&module, &parsed.items, context, 0);
}

fn ty_name(ty: &Ty) -> String {
    match ty {
        Ty::Named(name) => name.to_string(),
        Ty::Text => "str".to_owned(),
        Ty::Bool => "bool".to_owned(),
        Ty::Result(inner) | Ty::Option(inner) => ty_name(inner),
        Ty::Sequence(_) | Ty::Unknown => String::new(),
    }
}

/// The declarations that lowering a function of the same file leans on.
#[derive(Default)]
struct Declared {
    fields: FxHashMap<(String, String), Ty>,
    /// Fields of a type that its user chooses.
    of_any: FxHashSet<(String, String)>,
    /// Fields that code which is not in sight may set: what reads a value from a text, or from the command line.
    filled_in: Vec<(String, String)>,
    returns: FxHashMap<String, Ty>,
    /// Other names of types: the module, the name, and what it stands for.
    aliases: Vec<(String, String, Ty)>,
    statics: FxHashMap<String, Ty>,
    numbers: FxHashMap<String, u32>,
}

/// Whether something is derived for the type that Rust itself does not have.
fn is_filled_in(attributes: &[syn::Attribute]) -> bool {
    const OWN: [&str; 9] =
        ["Clone", "Copy", "Debug", "Default", "Eq", "Hash", "Ord", "PartialEq", "PartialOrd"];
    attributes.iter().filter(|attribute| attribute.path().is_ident("derive")).any(|attribute| {
        let mut foreign = false;
        let read = attribute.parse_nested_meta(|meta| {
            foreign |= !OWN.iter().any(|own| meta.path.is_ident(own));
            Ok(())
        });
        foreign || read.is_err()
    })
}

impl Declared {
    fn items(&mut self, scope: &FileScope<'_>, module: &str, items: &[Item], depth: usize) {
        if depth > 32 {
            return;
        }
        let lowerer = Lowerer::new(scope, module, None);
        let resolve = |p: &syn::Path| lowerer.resolve(p);
        let types = Types {
            models: scope.models,
            resolve: &resolve,
            own_crate: scope.own_crate,
            self_type: None,
            generics: &[],
        };
        for item in items {
            match item {
                Item::Struct(s) => {
                    let generics = types.generics(&s.generics);
                    let types = Types { generics: &generics, ..types };
                    for (at, field) in s.fields.iter().enumerate() {
                        let name = field.ident.as_ref().map_or_else(|| at.to_string(), ToString::to_string);
                        let owner = format!("{module}::{}", s.ident);
                        if is_filled_in(&s.attrs) {
                            self.filled_in.push((owner.clone(), name.clone()));
                        }
                        let of_any = |of: &syn::Ident| generics.iter().any(|(name, _)| of == name);
                        if matches!(&field.ty, Type::Path(p) if p.path.get_ident().is_some_and(of_any)) {
                            self.of_any.insert((owner.clone(), name.clone()));
                        }
                        self.fields.insert((owner, name), types.of(&field.ty));
                    }
                }
                Item::Enum(e) => {
                    let generics = types.generics(&e.generics);
                    let types = Types { generics: &generics, ..types };
                    let owner = format!("{module}::{}", e.ident);
                    for variant in &e.variants {
                        for (at, field) in variant.fields.iter().enumerate() {
                            let name =
                                field.ident.as_ref().map_or_else(|| at.to_string(), ToString::to_string);
                            let name = expr::of_variant(&variant.ident.to_string(), &name);
                            self.fields.insert((owner.clone(), name), types.of(&field.ty));
                        }
                    }
                }
                Item::Static(s) => {
                    let ty = types.of(&s.ty);
                    // Of a static, its name says which lock it is, and its type that it is one.
                    if ty.name().is_some() {
                        self.statics.insert(format!("{module}::{}", s.ident), ty);
                    }
                }
                Item::Const(c) => {
                    let number = modes::declared(&c.expr);
                    self.numbers.extend(number.map(|number| (format!("{module}::{}", c.ident), number)));
                }
                Item::Fn(f) => {
                    let ty = signature_type(scope, &resolve, None, &[], &f.sig);
                    self.returns.insert(format!("{module}::{}", f.sig.ident), ty);
                }
                Item::Impl(i) => {
                    let Some(owner) = impl_type(scope, &lowerer, i) else { continue };
                    let types = Types {
                        models: scope.models,
                        resolve: &resolve,
                        own_crate: scope.own_crate,
                        self_type: Some(&owner),
                        generics: &[],
                    };
                    let generics = types.generics(&i.generics);
                    for item in &i.items {
                        match item {
                            ImplItem::Fn(f) => {
                                let ty = signature_type(scope, &resolve, Some(&owner), &generics, &f.sig);
                                self.returns.insert(format!("{owner}::{}", f.sig.ident), ty);
                            }
                            ImplItem::Const(c) => {
                                let number = modes::declared(&c.expr);
                                self.numbers
                                    .extend(number.map(|number| (format!("{owner}::{}", c.ident), number)));
                            }
                            _ => {}
                        }
                    }
                }
                Item::Trait(t) => {
                    let owner = format!("{module}::{}", t.ident);
                    for item in &t.items {
                        if let TraitItem::Fn(f) = item {
                            let ty = signature_type(scope, &resolve, Some(&owner), &[], &f.sig);
                            self.returns.insert(format!("{owner}::{}", f.sig.ident), ty);
                        }
                    }
                }
                Item::Type(alias) if alias.generics.params.is_empty() && is_whole(&alias.ty) => {
                    self.aliases.push((module.to_owned(), alias.ident.to_string(), types.of(&alias.ty)));
                }
                Item::Mod(m) => {
                    if let Some((_, items)) = &m.content {
                        self.items(scope, &format!("{module}::{}", m.ident), items, depth + 1);
                    }
                }
                _ => {}
            }
        }
    }
}

/// Whether a type is one by its name alone, behind pointers or not: what is written for a generic type's parameters would be lost.
fn is_whole(ty: &Type) -> bool {
    let Type::Path(path) = ty else { return false };
    let Some(last) = path.path.segments.last() else { return false };
    match &last.arguments {
        syn::PathArguments::None => true,
        syn::PathArguments::AngleBracketed(of) if ["Arc", "Box", "Rc"].iter().any(|p| last.ident == p) => {
            let plain = |of: &syn::GenericArgument| match of {
                syn::GenericArgument::Type(Type::Path(of)) => {
                    of.path.segments.iter().all(|segment| segment.arguments.is_none())
                }
                _ => false,
            };
            of.args.iter().all(plain)
        }
        _ => false,
    }
}

fn signature_type(
    scope: &FileScope<'_>,
    resolve: &dyn Fn(&syn::Path) -> String,
    self_type: Option<&str>,
    outer: &[(String, Ty)],
    signature: &Signature,
) -> Ty {
    if matches!(signature.output, ReturnType::Default) {
        return Ty::Unknown;
    }
    let types = Types { models: scope.models, resolve, own_crate: scope.own_crate, self_type, generics: &[] };
    let mut generics = types.generics(&signature.generics);
    generics.extend_from_slice(outer);
    Types { models: scope.models, resolve, own_crate: scope.own_crate, self_type, generics: &generics }
        .of_return(&signature.output)
}

/// The qualified name of the type that an `impl` is for.
fn impl_type(scope: &FileScope<'_>, lowerer: &Lowerer<'_>, item: &syn::ItemImpl) -> Option<String> {
    let resolve = |p: &syn::Path| lowerer.resolve(p);
    let types = Types {
        models: scope.models,
        resolve: &resolve,
        own_crate: scope.own_crate,
        self_type: None,
        generics: &[],
    };
    let generics = types.generics(&item.generics);
    match (Types {
        models: scope.models,
        resolve: &resolve,
        own_crate: scope.own_crate,
        self_type: None,
        generics: &generics,
    })
    .of(&item.self_ty)
    {
        Ty::Named(name) => Some(name.to_string()),
        Ty::Text => Some("str".to_owned()),
        _ => None,
    }
}

/// Whether the item is a module of this name that is there on the systems that are looked at.
fn is_there_as(item: &Item, name: &syn::Ident) -> bool {
    matches!(item, Item::Mod(module) if module.ident == *name && !expr::is_cfg_out(&module.attrs))
}

struct Walker<'a> {
    scope: &'a FileScope<'a>,
    summary: &'a mut FileSummary,
}

impl Walker<'_> {
    fn items(&mut self, module: &str, items: &[Item], context: Context, depth: usize) {
        if depth > 32 {
            return;
        }
        for item in items {
            match item {
                Item::Fn(f) if !expr::is_cfg_out(&f.attrs) => {
                    let context = Context {
                        summoned: context.summoned || are_registering(&f.attrs),
                        ..self.marked(module, context, &f.attrs)
                    };
                    self.function(module, None, &[], &f.sig, &f.block, &f.vis, context, false);
                }
                Item::Impl(i) if !expr::is_cfg_out(&i.attrs) => {
                    let declares = |name: &str| {
                        items.iter().any(|item| matches!(item, Item::Trait(of) if of.ident == name))
                    };
                    self.implementation(module, i, context, &declares);
                }
                Item::Trait(t) => {
                    let owner = format!("{module}::{}", t.ident);
                    for item in &t.items {
                        if let TraitItem::Fn(f) = item
                            && let Some(block) = &f.default
                        {
                            self.function(module, Some(&owner), &[], &f.sig, block, &t.vis, context, false);
                        }
                    }
                }
                Item::Mod(m) if !expr::is_cfg_out(&m.attrs) => {
                    let name = format!("{module}::{}", m.ident);
                    let marked = self.marked(module, context, &m.attrs);
                    let marked = Context { test: marked.test || is_test_module(m), ..marked };
                    match &m.content {
                        Some((_, items)) => self.items(&name, items, marked, depth + 1),
                        None if marked.test => self.summary.test_modules.push(name),
                        None => {}
                    }
                }
                // One of several of this name may be there, in another file.
                Item::Mod(m) if !items.iter().any(|other| is_there_as(other, &m.ident)) => {
                    self.summary.absent_modules.push(format!("{module}::{}", m.ident));
                }
                Item::Const(c) => self.constant(module, None, &c.ident, &c.expr),
                Item::Static(s) => self.constant(module, None, &s.ident, &s.expr),
                _ => {}
            }
        }
    }

    /// What the attributes of an item add to its context.
    fn marked(&self, module: &str, context: Context, attributes: &[syn::Attribute]) -> Context {
        let serial = || {
            let lowerer = Lowerer::new(self.scope, module, None);
            attributes.iter().any(|a| self.scope.models.is_serial(&lowerer.resolve(a.path())))
        };
        Context {
            test: context.test || is_test(attributes),
            serial: context.serial || (!attributes.is_empty() && serial()),
            ..context
        }
    }

    fn implementation(
        &mut self,
        module: &str,
        item: &syn::ItemImpl,
        context: Context,
        declares: &dyn Fn(&str) -> bool,
    ) {
        let lowerer = Lowerer::new(self.scope, module, None);
        let Some(owner) = impl_type(self.scope, &lowerer, item) else { return };
        let resolve = |p: &syn::Path| lowerer.resolve(p);
        let generics = Types {
            models: self.scope.models,
            resolve: &resolve,
            own_crate: self.scope.own_crate,
            self_type: Some(&owner),
            generics: &[],
        }
        .generics(&item.generics);
        let of_trait =
            item.trait_.as_ref().and_then(|(path, _)| path.segments.last()).map(|s| s.ident.to_string());
        let mut summoned = are_registering(&item.attrs);
        if let Some((path, _)) = &item.trait_ {
            let trait_name = lowerer.resolve(path);
            // What other crates declare they call. A lone name may come in by a glob.
            let declared = match trait_name.strip_prefix(module).and_then(|rest| rest.strip_prefix("::")) {
                Some(name) => declares(name),
                None => Some(qualified::first(&trait_name)) == self.scope.own_crate,
            };
            summoned |= !declared;
            // A trait of the standard library has no default method that the program could mean.
            if !trait_name.starts_with("std::") && !trait_name.starts_with("core::") {
                self.summary.implementations.push(Implementation { trait_name, type_name: owner.clone() });
            }
        }
        let release = of_trait.as_deref() == Some("Drop");
        let context = Context { test: context.test || is_test(&item.attrs), ..context };
        for item in &item.items {
            match item {
                ImplItem::Fn(f) if !expr::is_cfg_out(&f.attrs) => {
                    let mut context = Context {
                        test: context.test || is_test(&f.attrs),
                        summoned: summoned || are_registering(&f.attrs),
                        ..context
                    };
                    context.public |= of_trait.is_some() && !release;
                    self.function(
                        module,
                        Some(&owner),
                        &generics,
                        &f.sig,
                        &f.block,
                        &f.vis,
                        context,
                        release,
                    );
                }
                ImplItem::Const(c) => self.constant(module, Some(&owner), &c.ident, &c.expr),
                _ => {}
            }
        }
    }

    fn constant(&mut self, module: &str, owner: Option<&str>, name: &syn::Ident, expr: &syn::Expr) {
        let mut lowerer = Lowerer::new(self.scope, module, owner);
        let expr = lazy_initialiser(expr);
        let value = lowerer.expr(expr);
        let value = match &value.v {
            V::Closure(closure) => {
                let closure = closure.clone();
                lowerer.call_closure(&closure, Vec::new(), Span::default())
            }
            V::Struct(fields) if fields.len() == 1 => {
                fields.first().map(|(_, v)| v.clone()).unwrap_or_default()
            }
            _ => value,
        };
        let V::Place(place) = &value.v else { return };
        // What is computed by steps or from an unknown is the constant itself.
        let computed = place.any(&mut |kind| {
            matches!(
                kind,
                PlaceKind::Opaque { .. }
                    | PlaceKind::Result(_)
                    | PlaceKind::Unique(..)
                    | PlaceKind::Private(_)
            )
        });
        if computed {
            return;
        }
        let name = format!("{}::{name}", owner.unwrap_or(module));
        if !matches!(place.kind(), PlaceKind::Constant(n) if **n == name) {
            self.summary.constants.push(ConstantDeclaration { name, value: place.clone() });
        }
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "one call per kind of function item; a struct would only rename them"
    )]
    fn function(
        &mut self,
        module: &str,
        owner: Option<&str>,
        outer_generics: &[(String, Ty)],
        signature: &Signature,
        block: &syn::Block,
        visibility: &Visibility,
        context: Context,
        release: bool,
    ) {
        let mut lowerer = Lowerer::new(self.scope, module, owner);
        let generics = {
            let resolve = |p: &syn::Path| lowerer.resolve(p);
            let types = Types {
                models: self.scope.models,
                resolve: &resolve,
                own_crate: self.scope.own_crate,
                self_type: owner,
                generics: outer_generics,
            };
            let mut generics = types.generics(&signature.generics);
            generics.extend_from_slice(outer_generics);
            generics
        };
        lowerer.generics = generics;
        lowerer.shares = memory::shares(signature, block);
        let output = match &signature.output {
            ReturnType::Type(_, output) => lowerer.type_of(output),
            ReturnType::Default => Ty::Unknown,
        };
        lowerer.fallible = matches!(output, Ty::Result(_) | Ty::Option(_));
        let (parameters, has_receiver) = declare_parameters(&mut lowerer, signature, owner);
        let value = lowerer.statements(&block.stmts);
        if !lowerer.diverged {
            let worth_it = !matches!(value.to_flow(), crate::flow::Value::Opaque);
            if worth_it {
                lowerer.push_return(&value);
            }
        }
        let body = lowerer.finish();
        let name = format!("{}::{}", owner.unwrap_or(module), signature.ident);
        let (results, opaques) = lowerer.counts();
        let span = self.scope.spans.between(signature.fn_token.span, block.brace_token.span.close());
        self.summary.kept.extend(lowerer.take_kept(&name));
        let nested = std::mem::take(&mut lowerer.nested);
        let (sites, moments) = (std::mem::take(&mut lowerer.sites), std::mem::take(&mut lowerer.moments));
        let (choices, questions) = (lowerer.take_choices(), lowerer.take_questions());
        let fills = std::mem::take(&mut lowerer.fills);
        // One that says it never returns means to end the program; of any other, that it only panics says that it is not written yet.
        let ends = matches!(&signature.output, ReturnType::Type(_, of) if matches!(**of, Type::Never(_)));
        let keeps = match ends {
            true => are_worth_keeping(&body.steps),
            false => body.steps.iter().any(is_worth_keeping),
        };
        if keeps {
            let main = owner.is_none() && signature.ident == "main";
            self.summary.functions.push(FlowSummary {
                name,
                parameters,
                has_receiver,
                body,
                context: Context {
                    is_async: signature.asyncness.is_some(),
                    optional: matches!(output, Ty::Option(_)),
                    main,
                    public: context.public || matches!(visibility, Visibility::Public(_)),
                    release,
                    ..context
                },
                span,
                name_span: self.scope.spans.of(signature.ident.span()),
                sites,
                moments,
                choices,
                questions,
                fills,
                waits: None,
                results,
                opaques,
            });
        }
        for function in nested {
            self.function(
                module,
                None,
                &[],
                &function.sig,
                &function.block,
                &Visibility::Inherited,
                Context { public: false, ..context },
                false,
            );
        }
    }
}

/// Declares a function's parameters: parameter `i` owns result `i`, which stands for a handle, error or boolean passed in.
fn declare_parameters(
    lowerer: &mut Lowerer<'_>,
    signature: &Signature,
    owner: Option<&str>,
) -> (Vec<Parameter>, bool) {
    let mut parameters = Vec::new();
    let mut bindings: Vec<(usize, Rc<syn::Pat>, Val)> = Vec::new();
    let mut has_receiver = false;
    let results: Vec<ResultId> = signature.inputs.iter().map(|_| lowerer.result()).collect();
    lowerer.parameters = u32::try_from(results.len()).unwrap_or(u32::MAX);
    for (at, (input, result)) in signature.inputs.iter().zip(results).enumerate() {
        let index = u32::try_from(at).unwrap_or(u32::MAX);
        match input {
            FnArg::Receiver(_) => {
                has_receiver = true;
                let ty = owner.map_or(Ty::Unknown, |o| Ty::Named(o.into()));
                parameters.push(Parameter::new("self", owner.map(str::to_owned)));
                lowerer.declare_borrowed("self", Val::place(Place::parameter(index, "self"), ty));
            }
            FnArg::Typed(typed) => {
                let ty = lowerer.type_of(&typed.ty);
                let name = match &*typed.pat {
                    syn::Pat::Ident(p) => p.ident.to_string(),
                    _ => "_".to_owned(),
                };
                let type_name = Some(ty_name(&ty)).filter(|n| !n.is_empty());
                parameters.push(Parameter::new(name.as_str(), type_name));
                let place = Place::parameter(index, &name);
                let value = parameter_value(lowerer, place, ty, result);
                bindings.push((at, Rc::new((*typed.pat).clone()), value));
            }
        }
    }
    for (_, pat, value) in bindings {
        let matched = lowerer.pattern(&pat, &value);
        for (name, value) in matched.bindings {
            lowerer.declare_borrowed(&name, value);
        }
    }
    (parameters, has_receiver)
}

fn parameter_value(lowerer: &mut Lowerer<'_>, place: Place, ty: Ty, result: ResultId) -> Val {
    let last = ty.name().and_then(|n| n.rsplit("::").next()).unwrap_or_default().to_owned();
    match (&ty, last.as_str()) {
        (Ty::Bool, _) => Val::cond(crate::flow::Condition::True(result)),
        (_, "ErrorKind" | "Errno") => Val::new(V::ErrorKindOf(result), ty),
        (Ty::Named(n), "Error" | "IoError")
            if n.contains("io") || n.contains("Io") || n.contains("anyhow") =>
        {
            Val::new(V::Error(result), ty)
        }
        // A temporary directory or file is its holder's alone, whoever made it.
        (Ty::Named(n), _) if Models::rust().is_private_type(n) => {
            let id = lowerer.opaque_id();
            Val::place(Place::new(PlaceKind::Private(id)), ty)
        }
        // Whatever can be read from or written to is a stream, and what it is open on is the caller's to know.
        _ if library::is_stream(&ty) => {
            lowerer.opened.insert(result);
            lowerer.result_places.insert(result, place);
            Val::new(V::Result(result), ty)
        }
        _ => Val::place(place, ty),
    }
}

/// `LazyLock::new(|| value)`, `Lazy::new(..)`, `OnceLock::new()`: the initialiser.
fn lazy_initialiser(expr: &syn::Expr) -> &syn::Expr {
    if let syn::Expr::Call(call) = expr
        && let syn::Expr::Path(path) = &*call.func
    {
        let mut names = path.path.segments.iter().rev().map(|s| s.ident.to_string());
        let (function, ty) = (names.next().unwrap_or_default(), names.next().unwrap_or_default());
        if function == "new"
            && matches!(ty.as_str(), "LazyLock" | "Lazy" | "LazyCell" | "Path" | "OsStr")
            && let Some(first) = call.args.first()
        {
            return first;
        }
    }
    expr
}
