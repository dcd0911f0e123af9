//! Random lives of a ledger against a plain list.

use proptest::prelude::*;
use tlog::{Sha256Tree, Tree, TreeHasher, verify_consistency};

use super::*;
use crate::{VerifyOptions, verify};

#[derive(Clone, Debug)]
enum Step {
    Append(Vec<u64>),
    Reopen,
    Checkpoint { hours_later: i64 },
    ForgetSidecars,
    Read { start: u64, len: u64 },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => prop::collection::vec(0_u64..40, 0..4).prop_map(Step::Append),
        1 => (200_u64..700).prop_map(|size| Step::Append(vec![size])),
        2 => Just(Step::Reopen),
        2 => (0_i64..40).prop_map(|hours_later| Step::Checkpoint { hours_later }),
        1 => Just(Step::ForgetSidecars),
        2 => (0_u64..2000, 0_u64..500).prop_map(|(start, len)| Step::Read { start, len }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn a_ledger_is_a_list(
        steps in prop::collection::vec(step(), 1..25),
        segment_bytes in 500_u64..40_000,
        has_sm3: bool,
    ) {
        let second_tree = has_sm3.then_some(SecondTree::Sm3);
        let options = Options { segment_bytes, ..options(second_tree) };
        let dir = tempdir();
        let mut ledger = Ledger::create(dir.path(), options.clone()).unwrap();
        let mut tree = Tree::new(Sha256Tree);
        let mut now = NOON_UNIX_S;
        let mut heads = Vec::new();
        for step in steps {
            match step {
                Step::Append(sizes) => {
                    let first = ledger.size();
                    let ranges = ledger.append_group(&group(first, &sizes, second_tree)).unwrap();
                    let lengths: Vec<u64> = ranges.iter().map(|range| range.end - range.start).collect();
                    prop_assert_eq!(lengths, sizes);
                    for index in first..ledger.size() {
                        tree.push(Sha256Tree.leaf(&entry(index).0));
                    }
                }
                Step::Reopen => {
                    drop(ledger);
                    ledger = Ledger::open(dir.path(), options.clone()).unwrap();
                }
                Step::Checkpoint { hours_later } => {
                    now += 3600 * hours_later;
                    ledger.checkpoint(now).unwrap();
                    heads.push(ledger.reader().head());
                }
                Step::ForgetSidecars => {
                    for sidecar in files(&dir.path().join("tree")) {
                        fs::remove_file(sidecar).unwrap();
                    }
                }
                Step::Read { start, len } => {
                    let reader = ledger.reader();
                    let due: Vec<u64> = (start..(start + len).min(reader.size())).collect();
                    let mut found = Vec::new();
                    for frame in reader.read(start..start + len) {
                        for read in frame.unwrap().entries() {
                            let (leaf, payload) = entry(read.index);
                            prop_assert_eq!((read.leaf, read.payload), (&*leaf, &*payload));
                            found.push(read.index);
                        }
                    }
                    prop_assert_eq!(found, due);
                }
            }
            let reader = ledger.reader();
            prop_assert_eq!(reader.size(), tree.size());
            prop_assert_eq!(reader.root_at(tree.size()).unwrap(), tree.root());
        }
        let reader = ledger.reader();
        let root = tree.root();
        for head in heads.iter().filter(|head| head.size > 0) {
            let proof = reader.consistency(head.size, tree.size()).unwrap();
            verify_consistency(Sha256Tree, head.size, tree.size(), &head.root, &root, &proof).unwrap();
        }
        assert_holds(&reader, tree.size());
        drop(ledger);
        let report = verify(dir.path(), &VerifyOptions::default()).unwrap();
        prop_assert!(report.is_clean(), "{:?}", report.problems);
        prop_assert_eq!(report.entries, tree.size());
        prop_assert_eq!(report.root, Some(root));
    }
}
