/**
 * What models are measured with where no text is given: written for that, so that no model has it by heart, and never
 * changed, so that figures of different days can be compared.
 */
export const benchTexts: Readonly<Record<"en" | "zh-CN", string>> = {
  "en":
    `The pump house stands at the end of a gravel lane, between a field of beets and the river. It was built in 1958, when the lower meadows still went under water every March, and apart from the roof and the wiring not much in it has changed. Three pumps sit in a row on a concrete floor. The first one was replaced eleven years ago; the other two are as old as the house, and Marta, who looks after them, calls them the aunts.

She comes on Tuesdays and Fridays, and whenever the weather says so. The first thing she does is listen. A pump in good order has a low, even voice, like somebody humming in the next room. When a bearing begins to go, there is a second note above it, thin at first, easy to miss if a tractor passes. "By the time the instrument shows it," she says, "the aunt has been complaining for a week." Then she reads the gauges, writes the figures into a book with a green cover, and compares them with those of the same week in other years. The book goes back to 1961. Some of the early pages are in pencil, in her grandfather's hand, and one of them has a coffee ring that covers the flood of 1965 almost exactly.

Last winter the water board sent two engineers with a box of sensors. They were polite and quick. One sensor measures the temperature of each bearing, another how much the housing shakes, a third the current that the motor draws; a small computer in a grey case collects all of it and sends a message when something leaves its usual range. Marta had expected to dislike it. What she disliked, in the end, was only the first fortnight, in which the box sent forty messages, most of them at night. A door had been left open and a bearing had cooled; a beaver had moved into the outlet and the current had risen by four percent; somebody had turned the radio on. The engineers came back, asked her what each of the forty had been, and wrote the answers down. Since then it has been quiet, and three of the four messages that did come were worth getting up for.

What the box can't do is decide. In February the river rose by ninety centimetres in a day, and the rule says that at that level all three pumps must run. But the second aunt had been running warm, and Marta knew from the book that in such weather the water falls again by itself once the wind turns to the east. She telephoned the weather station on the hill, was told that the wind would turn before midnight, and left the second pump off. If she had been wrong, about sixty hectares of winter wheat would have stood in water for some days, which wheat survives, though the farmers' tempers might not have. If she had been right and had run it anyway, there would have been a broken shaft, six weeks of waiting for a part that nobody makes any more, and no reserve for the spring. She wrote both possibilities into the book before she went home, with the time, so that whoever reads it later can see what she knew and what she only thought.

"People imagine that experience means being sure," she says. "It's the other way round. When I began, I was sure of everything. Now I look twice, and I write it down." She has taught four younger colleagues so far. Two have left for better paid work, one is at sea, and one, a quiet man called Jonas, has begun to hear the second note. He can't yet say which bearing it is. She lets him guess, opens the housing, and shows him. Often he is right about the pump and wrong about the side, which, she says, is how it starts.

There is talk of pulling the pump house down. A modern station further along the river could do the same work with one machine, at a third of the energy, and without anybody having to listen to it. The plans hang in the town hall, and Marta has been to see them. She found a mistake in the drawing of the inlet, where the screen would have clogged with leaves each October, and told the planner, who thanked her and moved it. She isn't against the new station. She would only like the aunts to be switched off properly, on a dry day, one after another, with the figures written down; and somebody to keep the book.

In June the town council will vote. Seven members have said that they are in favour, four are undecided, and one, whose cellar is the lowest in the village, wants both: the new station, and the old one kept in reserve for ten years. The treasurer has worked out what that would cost. Roof, insurance, electricity and one person for two mornings a week come to about nineteen thousand a year, which is less than a single flooded cellar, as the member with the cellar likes to point out. Nobody has asked the aunts. Jonas says that since the plans were hung up the second one has been running a little cooler.`,
  "zh-CN":
    `老周的修理铺在巷子尽头，门口挂着一块褪了色的木牌，上面只有两个字：“修钟”。其实他什么都修：收音机、电风扇、缝纫机，偶尔还有孩子们摔坏的遥控汽车。可他坚持不换牌子，说字多了反而没人看。

铺子不大，靠墙是一排高高的抽屉，每个抽屉上贴着纸条，写着里面装的是什么：弹簧、螺丝、齿轮、表针、旧皮带。纸条有的是钢笔写的，有的是圆珠笔写的，最早的几张已经发黄，那是他师傅留下来的。老周今年六十七岁，十六岁开始学徒，算起来在这间屋子里坐了半个世纪。

来的人大多很着急，希望当天就能拿走。老周总是先请他们坐下，倒一杯茶，然后问三个问题：什么时候坏的？坏之前有没有摔过、进过水？有没有别人打开看过？他说，机器坏了，原因一半写在机器里，一半藏在人的话里。有一次，一位老太太抱来一台座钟，说它每到下雨天就停。别人都笑，说钟怎么会知道下雨。老周没有笑，他打开后盖看了很久，发现钟摆的木杆因为受潮变长了一点点，正好碰到外壳。他把外壳磨掉半毫米，那台钟到现在还走得很准。

去年春天，镇上的工厂请他去看一台包装机。机器是从国外买来的，说明书有三百多页，没有一页是中文。厂里的年轻工程师装了一套监测设备，屏幕上的曲线又多又漂亮，可机器还是每隔几个小时就停一次，谁也说不清为什么。老周在机器旁边站了整整一个上午，什么也没有动，只是看，只是听。中午吃饭的时候，他问工程师：“你们的曲线里，有没有车间的温度？”工程师摇摇头。老周说，上午太阳从东边的窗户照进来，正好照在一根塑料导管上，导管热了就软，软了就垂下来，挡住了后面的光电开关。下午他们挂上一块窗帘，机器再也没有停过。

那位工程师姓林，后来常常到修理铺来，有时候带着问题，有时候只是坐坐。他教老周用电脑，老周教他听轴承的声音。小林说，数据告诉你发生了什么，经验告诉你该去看哪里，两样都少不了。老周听了点点头，又补了一句：还要把看到的写下来，不然下一个人又得从头看起。他的桌子底下放着一箱本子，每修一样东西就记一页：日期、毛病、原因、怎么修的、花了多长时间。最让人吃惊的是，他还单独记了一本“没修好的”。他说，修好的东西教不了你多少，没修好的才是老师。

今年巷子要改建，开发商给每家每户都送来了通知。邻居们有的高兴，有的发愁。老周把通知看了两遍，叠好，放进写着“纸”的抽屉里。他没有说要搬，也没有说不搬，只是把那箱本子搬到了小林的车上，请他扫描一份，存到电脑里。“屋子可以没有，”他说，“本子不能没有。”小林问他，以后打算做什么。老周想了想，说：“我打听过了，新房子楼下有一间自行车棚，朝南，光线很好。牌子我还留着呢。”`,
};
