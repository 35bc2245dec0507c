"""The columns of predictions at points and of calibrations."""

from __future__ import annotations

from infraplan.columns import Column as C

SIGNAL_POINTS = (
    C("server", "服务小区", "Server", "str", "code", "t", "测量表所写的小区，没有写则为预测最强的小区", "the cell that the row names, else the strongest predicted one"),
    C("predicted_dbm", "预测电平", "Predicted level", "float64", "dbm", "t", "该点的接收电平中值，已加校准", "median level at the point itself, with the calibration", unit="dBm"),
    C("loss_db", "路径损耗", "Path loss", "float64", "db", "t", "所用模型的路径损耗中值，不含校准", "median loss by the model, without the calibration"),
    C("pattern_db", "方向图增益", "Pattern", "float64", "db", "t", "天线在该方向上相对主瓣的增益", "gain of the antenna in that direction, relative to its main lobe"),
    C("correction_db", "校准量", "Calibration", "float64", "db", "t", "校准文件在该点所加的分贝数，没有校准为 0", "what the calibration adds at this point; 0 without one"),
    C("distance_m", "到站距离", "Distance", "float64", "whole", "t", "到天线的水平距离", "horizontal distance to the mast", unit="m"),
    C("off_axis_deg", "偏离方位角", "Angle off the azimuth", "float64", "db", "t", "偏离天线方位角，顺时针为正；全向天线为空", "clockwise from the antenna's azimuth; blank for an omnidirectional one", unit="°"),
    C("elevation_deg", "仰角", "Elevation", "float64", "db", "", "从天线看该点的仰角，向下为负", "of the point seen from the antenna, negative downward", unit="°"),
    C("line_of_sight", "视距", "Line of sight", "float64", "share", "t", "有地形时 1 为视距、0 为遮挡；没有地形时为模型的视距概率", "over terrain 1 clear, 0 blocked; without terrain the model's probability"),
    C("model", "传播模型", "Model", "str", "text", "t", "该行所用的传播模型", "the propagation model of the row"),
    C("clutter", "地物", "Clutter", "str", "code", "", "该点的地物类别：文件自带的或地物图的代码", "class of land cover at the point, of the file or of the land-cover map"),
)  # fmt: skip
CALIBRATION_TERMS = (
    C("term", "校准项", "Term", "str", "text", "t", "常数、斜率、方向图份额、功率份额、室内、地物", "constant, slope, share of the pattern, share of the power, indoors, classes", "cli:term"),
    C("rms_db", "留出误差", "Left-out rms", "float64", "km", "t", "加上此项后，留出站址上的均方根误差", "error on masts left out, with this term and those above it", unit="dB"),
    C("gain_db", "改善", "Gain", "float64", "km", "t", "此项使留出误差降低的分贝数", "by how much the term lowers that error", unit="dB"),
    C("kept", "采用", "Kept", "boolean", "truth", "t", "只采用能降低留出误差的项", "only terms that lower the error on masts left out are kept"),
)  # fmt: skip
