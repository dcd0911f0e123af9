/*
id: payment-rating
version: 2
tier: indicator
serves: protected-reserve
demands: [reserve-rating]
requirement: ["1.9", "2.6"]
clause:
  zh: 工作方案第一部分“操作指引”：备付金集中存管比例根据机构风险评级动态调整
  en: "Work plan, part 1, operating guidance: the share of the reserve deposited centrally moves with the institution's risk rating"
basis: plan
effective: {from: 2010-01-01}
lines: [payment]
lines_by: registered
answerable: officer
title:
  zh: 支付机构风险评级
  en: Risk rating of a payment institution
text:
  zh: |
    每季度评一次：取季度首日之前 90 天里机构每日的预警等级，按参考表 rating_weights 折合分数（绿 100、黄 80、橙 40、红 0），
    取平均，再按 rating_classes 分为 A 至 E 五类（95、85、70、50 分以上，其余为 E）。
    评级自该季度第二个月的首日起生效，管满三个月：一月至三月的等级，四月初评定并通知，决定 5 月 1 日至 7 月 31 日的类别。
    其间各日读数相同，比例因此只在生效日变动；比例有变动的，系统在评定当日向机构发出通知，写明新旧比例与生效日，机构约有一个月调拨资金。
    列中给出评级所看的起止日（rated_from、rated_to）、生效日（effective_from）、比例（ratio_percent），以及已评定、尚未生效的下一类别
    （next_class、next_ratio_percent、next_effective_from）。所看的等级因机构补报、更正而变动的，评级随之更正，另发更正通知，生效日不变。
    90 天里有等级的日子不足 30 天的，不评级（无法判定），备付金比例按 reserve_tiers 的 unrated 一行从严。
    本评级只用系统已得出的等级，机构可以自行验算；与中国人民银行的分类评级不是一回事，见 rating_weights 的说明。
    只计入 reserve-ratio，本身不参评，以免同一问题重复计算；读数按已生效的类别显示。C 类显示为黄色，D 类橙色，E 类红色。
    处置：评为 D、E 的，约谈负责人，核实资金能否在生效日前到位；类别上升的，从严复核此前的发现是否确已整改。
  en: |
    Made once a quarter: the institution's daily grades of the 90 days before the quarter's first day, turned into points
    by the reference table rating_weights (green 100, yellow 80, orange 40, red 0), averaged, and put into classes A to E
    by rating_classes (from 95, 85, 70, 50 points on, E below).
    A rating holds from the first day of the quarter's second month, for three months: the grades of January to March,
    rated and told at the beginning of April, decide the class from 1 May to 31 July. All days of that time have the same
    reading, so the ratio moves on the day of effect only. Where it moves the system gives the institution notice on the
    day of the rating, with the old ratio, the new one and the day of effect: it has about a month to move the money.
    The columns give what was looked at (rated_from, rated_to), from when it holds (effective_from), the ratio
    (ratio_percent), and the class that was rated and does not hold yet (next_class, next_ratio_percent,
    next_effective_from). Where the grades change because the institution files late or corrects, the rating is corrected
    with a correcting notice; the day of effect stays.
    With less than 30 graded days among the 90 there is no rating (undetermined), and the reserve is held to the row
    "unrated" of reserve_tiers.
    Only grades that the system gave are used, so that the institution can do the sum itself. It is not the classified
    rating of the People's Bank of China: see rating_weights.
    It feeds reserve-ratio and gives no grade by itself, so that nothing counts twice; the class in force shows. Class C shows as yellow, D as
    orange, E as red.
    What to do: for D and E call in the person in charge and see that the money will be there on the day of effect;
    where the class rises, make sure that earlier findings were put right.
level: micro
scope: institution
unit: points
streams: [registered, grades]
lookback_days: 214
days: closed
weight_only: true
notice:
  term: next_ratio_percent
  until_then: ratio_percent
  effective: next_effective_from
  title:
    zh: 备付金集中存管比例调整通知
    en: Notice of a change in the share of clients' reserve to be deposited centrally
  text:
    zh: |
      根据 {next_rated_from} 至 {next_rated_to} 的每日预警等级，贵机构风险评级为 {next_class} 类（得分 {next_points}）。
      备付金集中存管比例现为 {ratio_percent}%，自 {next_effective_from} 起为 {next_ratio_percent}%。
      请于该日前将备付金按新比例集中存管到位。自该日起，每日按新比例判定；该日以前仍按原比例判定。
      评级所依据的等级可在系统中逐日查阅并自行验算；有异议的，请在生效日前向主管监管员提出。
    en: |
      By its daily grades from {next_rated_from} to {next_rated_to} your institution is rated in class {next_class}
      (points: {next_points}). The share of clients' reserve to be deposited centrally is {ratio_percent} % now and
      {next_ratio_percent} % from {next_effective_from} on.
      Please have the reserve deposited at the new ratio by that day. From that day on every day is judged by the new
      ratio, days before it by the old one.
      You can look up the grade of every day and do the sum yourself. Objections go to the officer in charge before
      the day of effect.
bands:
  yellow: "rating_class = 'C'"
  orange: "rating_class = 'D'"
  red: "rating_class = 'E'"
*/
WITH held AS (
  SELECT
    institution,
    day,
    CAST(date_trunc('quarter', day - INTERVAL '1' MONTH) AS DATE) AS rated_before,
    CASE WHEN date_trunc('quarter', day) > date_trunc('quarter', day - INTERVAL '1' MONTH)
      THEN CAST(date_trunc('quarter', day) AS DATE)
    END AS next_rated_before
  FROM registered
),
quarter AS (
  SELECT institution, rated_before FROM held
  UNION
  SELECT institution, next_rated_before FROM held WHERE next_rated_before IS NOT NULL
),
counted AS (
  SELECT
    q.institution,
    q.rated_before,
    count(*) AS graded_days,
    count(*) FILTER (WHERE g.grade = 'yellow') AS yellow_days,
    count(*) FILTER (WHERE g.grade = 'orange') AS orange_days,
    count(*) FILTER (WHERE g.grade = 'red') AS red_days,
    CASE WHEN count(*) >= 30 AND count(w.points) = count(*)
      THEN 1.000000 * sum(w.points) / NULLIF(count(*), 0)
    END AS points
  FROM quarter q
  JOIN grades g
    ON g.institution = q.institution
    AND g.day BETWEEN q.rated_before - INTERVAL '90' DAY AND q.rated_before - INTERVAL '1' DAY
  LEFT JOIN reference_rating_weights w ON w.grade = g.grade
  GROUP BY q.institution, q.rated_before
),
classed AS (
  SELECT
    r.*,
    c.rating_class,
    row_number() OVER (PARTITION BY r.institution, r.rated_before ORDER BY c.points_from DESC) AS place
  FROM counted r
  LEFT JOIN reference_rating_classes c ON c.points_from <= r.points
),
rated AS (
  SELECT
    q.institution,
    q.rated_before,
    CAST(q.rated_before + INTERVAL '1' MONTH AS DATE) AS effective_from,
    c.points,
    c.rating_class,
    COALESCE(c.graded_days, 0) AS graded_days,
    c.yellow_days,
    c.orange_days,
    c.red_days,
    t.ratio_percent
  FROM quarter q
  LEFT JOIN classed c ON c.institution = q.institution AND c.rated_before = q.rated_before AND c.place = 1
  LEFT JOIN reference_reserve_tiers t
    ON t.rating_class = COALESCE(c.rating_class, 'unrated')
    AND t.valid_from <= q.rated_before + INTERVAL '1' MONTH
    AND (t.valid_to IS NULL OR q.rated_before + INTERVAL '1' MONTH <= t.valid_to)
)
SELECT
  h.institution,
  h.day,
  r.points AS value,
  r.rating_class,
  h.rated_before - INTERVAL '90' DAY AS rated_from,
  h.rated_before - INTERVAL '1' DAY AS rated_to,
  r.effective_from,
  CAST(r.ratio_percent AS DECIMAL(5, 2)) AS ratio_percent,
  r.graded_days,
  r.yellow_days,
  r.orange_days,
  r.red_days,
  CASE WHEN h.next_rated_before IS NOT NULL THEN COALESCE(n.rating_class, 'unrated') END AS next_class,
  CAST(n.points AS DECIMAL(5, 2)) AS next_points,
  CAST(n.ratio_percent AS DECIMAL(5, 2)) AS next_ratio_percent,
  n.effective_from AS next_effective_from,
  h.next_rated_before - INTERVAL '90' DAY AS next_rated_from,
  h.next_rated_before - INTERVAL '1' DAY AS next_rated_to
FROM held h
JOIN rated r ON r.institution = h.institution AND r.rated_before = h.rated_before
LEFT JOIN rated n ON n.institution = h.institution AND n.rated_before = h.next_rated_before
