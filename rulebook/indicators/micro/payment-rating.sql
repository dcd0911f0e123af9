/*
id: payment-rating
version: 1
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
    评级自被评季度之后的首日起生效，管满一个季度：一季度的等级决定 4 月 1 日至 6 月 30 日的类别。季度内各日读数相同，比例因此只在季初变动，
    变动前有通知、有生效日，机构来得及调拨资金。列中给出评级所看的起止日（rated_from、rated_to）与生效日（effective_from）。
    90 天里有等级的日子不足 30 天的，不评级（无法判定），备付金比例按 reserve_tiers 的 unrated 一行从严。
    本评级只用系统已得出的等级，机构可以自行验算；与中国人民银行的分类评级不是一回事，见 rating_weights 的说明。
    只计入 reserve-ratio，本身不参评，以免同一问题重复计算。C 类显示为黄色，D 类橙色，E 类红色。
    处置：评为 D、E 的，通知新的比例与生效日，约谈负责人；类别上升的，从严复核此前的发现是否确已整改。
  en: |
    Made once a quarter: the institution's daily grades of the 90 days before the quarter's first day, turned into points
    by the reference table rating_weights (green 100, yellow 80, orange 40, red 0), averaged, and put into classes A to E
    by rating_classes (from 95, 85, 70, 50 points on, E below).
    A rating holds from the first day after the quarter that was rated, for one quarter: the grades of January to March
    decide the class from 1 April to 30 June. All days of a quarter have the same reading, so the ratio moves at the
    beginning of a quarter only, with a notice and a day of effect, and the institution can move the money. The columns
    give what was looked at (rated_from, rated_to) and from when it holds (effective_from).
    With less than 30 graded days among the 90 there is no rating (undetermined), and the reserve is held to the row
    "unrated" of reserve_tiers.
    Only grades that the system gave are used, so that the institution can do the sum itself. It is not the classified
    rating of the People's Bank of China: see rating_weights.
    It feeds reserve-ratio and gives no grade by itself, so that nothing counts twice. Class C shows as yellow, D as
    orange, E as red.
    What to do: for D and E give notice of the new ratio and its day, and call in the person in charge; where the class
    rises, make sure that earlier findings were put right.
level: micro
scope: institution
unit: points
streams: [registered, grades]
lookback_days: 183
days: closed
weight_only: true
bands:
  yellow: "rating_class = 'C'"
  orange: "rating_class = 'D'"
  red: "rating_class = 'E'"
*/
WITH held AS (
  SELECT institution, day, CAST(date_trunc('quarter', day) AS DATE) AS effective_from
  FROM registered
),
quarter AS (
  SELECT DISTINCT institution, effective_from
  FROM held
),
counted AS (
  SELECT
    q.institution,
    q.effective_from,
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
    AND g.day BETWEEN q.effective_from - INTERVAL '90' DAY AND q.effective_from - INTERVAL '1' DAY
  LEFT JOIN reference_rating_weights w ON w.grade = g.grade
  GROUP BY q.institution, q.effective_from
),
classed AS (
  SELECT
    r.*,
    c.rating_class,
    row_number() OVER (PARTITION BY r.institution, r.effective_from ORDER BY c.points_from DESC) AS place
  FROM counted r
  LEFT JOIN reference_rating_classes c ON c.points_from <= r.points
)
SELECT
  h.institution,
  h.day,
  c.points AS value,
  c.rating_class,
  h.effective_from - INTERVAL '90' DAY AS rated_from,
  h.effective_from - INTERVAL '1' DAY AS rated_to,
  h.effective_from,
  COALESCE(c.graded_days, 0) AS graded_days,
  c.yellow_days,
  c.orange_days,
  c.red_days
FROM held h
LEFT JOIN classed c
  ON c.institution = h.institution AND c.effective_from = h.effective_from AND c.place = 1
