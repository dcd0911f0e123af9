//! Products on sale (产品): insurance and funds.

use crate::field_types::{Count, RecordId};
use crate::institution::InstitutionId;
use crate::spec::{codes, stream};
use crate::time::Day;

codes! {
    /// What a product is.
    ProductKind "产品类型" {
        UniversalLife = 1 "universal_life" "万能险" "Universal life insurance.",
        UnitLinked = 2 "unit_linked" "投资连结险" "Unit-linked insurance.",
        Participating = 3 "participating" "分红险" "Participating life insurance.",
        Annuity = 4 "annuity" "年金险" "Annuity insurance.",
        Life = 5 "life" "普通寿险" "Other life insurance.",
        ShortHealth = 6 "short_health" "短期健康险" "Health insurance of at most one year.",
        LongHealth = 7 "long_health" "长期健康险" "Health insurance of more than one year.",
        Property = 8 "property" "财产险" "Property insurance.",
        MoneyFund = 9 "money_fund" "货币市场基金" "A money-market fund.",
        Fund = 10 "fund" "其他公募基金" "Another public fund.",
    }
}

stream! {
    Product = 14 "product" "产品" "A product that an institution sells, from a day on (requirements 1.3, 1.8).",
    time "effective_from" {
        3 Clear effective_from: Day, "起售日", "From this day on it is sold as described.";
        4 Clear product: RecordId, "产品编号", "The product's number, as sales bear it.";
        5 Clear kind: ProductKind, "产品类型", "What it is.";
        6 Clear issuer: Option<InstitutionId>, "发行机构", "The insurer or fund company behind it.";
        7 Clear filing: Option<RecordId>, "备案或注册号", "Number under which the regulator has it on file; absent when it has none.";
        8 Clear on_sale_until: Option<Day>, "停售日", "Last day of sale.";
        9 Clear term_days: Option<Count>, "保障期限(天)", "Term of the cover or investment in days; absent when it has none.";
        10 Clear guaranteed_renewal: Option<bool>, "承诺续保", "Whether renewal is promised or automatic.";
    }
}
