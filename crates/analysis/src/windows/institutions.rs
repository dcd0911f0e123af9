//! Numbers for institutions, so that keys are small.

use hashbrown::HashMap;

/// The number that stands for all institutions together.
pub(super) const EVERY_INSTITUTION: u32 = 0;

/// Institutions in the order in which they were first seen.
pub(super) struct Institutions {
    numbers: HashMap<String, u32>,
    names: Vec<String>,
}

impl Default for Institutions {
    fn default() -> Self {
        Self { numbers: HashMap::default(), names: vec!["*".to_owned()] }
    }
}

impl Institutions {
    pub(super) fn number(&mut self, name: &str) -> u32 {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        let number = self.names.len() as u32;
        self.names.push(name.to_owned());
        self.numbers.insert(name.to_owned(), number);
        number
    }

    pub(super) fn name(&self, number: u32) -> &str {
        self.names.get(number as usize).map_or("*", String::as_str)
    }

    pub(super) fn len(&self) -> usize {
        self.names.len()
    }
}
