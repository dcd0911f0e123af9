//! Filing over real HTTP on loopback.

mod support;

use support::{Site, transactions};

#[test]
fn a_filing_gets_its_receipt() {
    let site = Site::start();
    let answer = site.file("", &[("Filing-Date", "2026-03-02")], transactions(0..3).as_bytes());
    let receipt = answer.json();
    assert_eq!(answer.status, 200, "{receipt:#}");
    assert_eq!(receipt["accepted"], 3);
    assert_eq!(site.engine.reader().size(), 4);
}
