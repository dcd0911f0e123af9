//! The direction of imports: `imports.toml` against `cargo metadata`.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test's helper may panic")]

use std::collections::BTreeMap;
use std::process::Command;

use serde_json::Value;

/// A name and what it lists.
type Line = (String, Vec<String>);

/// `imports.toml`: sections of `name = ["a", "b"]`, in their order.
struct Listed(Vec<(String, Vec<Line>)>);

impl Listed {
    /// Reads as much of TOML as the file uses: the file is ours, and a TOML reader for it alone
    /// would be built by everybody.
    fn read() -> Self {
        let text = std::fs::read_to_string(tidy::root().join("crates/tidy/imports.toml")).unwrap();
        let mut sections = Vec::new();
        let lines = text.lines().map(|line| line.split('#').next().unwrap().trim());
        for line in lines.filter(|line| !line.is_empty()) {
            if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
                sections.push((name.to_owned(), Vec::new()));
                continue;
            }
            let (name, list) =
                line.split_once(" = ").unwrap_or_else(|| panic!("imports.toml: cannot read {line}"));
            let names: Vec<String> =
                serde_json::from_str(list).unwrap_or_else(|error| panic!("{line}: {error}"));
            sections.last_mut().unwrap().1.push((name.to_owned(), names));
        }
        Self(sections)
    }

    fn section(&self, name: &str) -> &[Line] {
        self.0.iter().find(|(section, _)| section == name).map_or(&[], |(_, lists)| lists)
    }

    fn list(&self, section: &str, name: &str) -> Option<&[String]> {
        self.section(section).iter().find(|(key, _)| key == name).map(|(_, names)| names.as_slice())
    }
}

struct Dependency {
    name: String,
    is_ours: bool,
    /// For tests, examples and benchmarks.
    is_dev: bool,
}

/// The crates of the workspace and what each depends on. Our own are named without `jianwei-`.
fn crates() -> BTreeMap<String, Vec<Dependency>> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(tidy::root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let ours = |name: String| name.strip_prefix("jianwei-").map_or(name.clone(), str::to_owned);
    let dependencies = |package: &Value| {
        let all = package["dependencies"].as_array().unwrap().iter();
        all.map(|dependency| {
            let is_ours = !dependency["path"].is_null();
            let name = text(&dependency["name"]);
            Dependency {
                name: if is_ours { ours(name) } else { name },
                is_ours,
                is_dev: dependency["kind"] == "dev",
            }
        })
        .collect()
    };
    let packages = metadata["packages"].as_array().unwrap().iter();
    packages.map(|package| (ours(text(&package["name"])), dependencies(package))).collect()
}

#[test]
fn every_crate_imports_only_what_it_may() {
    let listed = Listed::read();
    let mut wrong = Vec::new();
    for (name, dependencies) in crates() {
        let Some(allowed) = listed.list("imports", &name) else {
            wrong.push(format!("crate {name} is missing in crates/tidy/imports.toml"));
            continue;
        };
        let in_tests = [listed.list("tests", "any"), listed.list("tests", &name)];
        for dependency in dependencies.iter().filter(|dependency| dependency.is_ours) {
            let for_tests =
                dependency.is_dev && in_tests.iter().flatten().any(|names| names.contains(&dependency.name));
            if !allowed.contains(&dependency.name) && !for_tests {
                wrong.push(format!("{name} may not import {}", dependency.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_list_goes_in_one_direction() {
    let listed = Listed::read();
    let order: Vec<&str> = listed.section("imports").iter().map(|(name, _)| name.as_str()).collect();
    for (position, (name, imports)) in listed.section("imports").iter().enumerate() {
        for import in imports {
            let above = order.iter().position(|other| other == import);
            assert!(
                above.is_some_and(|above| above < position),
                "{name} imports {import}, which is not above it"
            );
        }
    }
}

#[test]
fn heavy_dependencies_are_named_in_one_place() {
    let listed = Listed::read();
    let mut wrong = Vec::new();
    for (name, dependencies) in crates() {
        for (heavy, homes) in listed.section("alone") {
            let names_it = |dependency: &&Dependency| {
                let other = dependency.name.strip_prefix(heavy.as_str());
                !dependency.is_ours && other.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
            };
            if !homes.contains(&name) && dependencies.iter().any(|dependency| names_it(&dependency)) {
                wrong.push(format!("{name} names {heavy}, which belongs to {}", homes.join(", ")));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
